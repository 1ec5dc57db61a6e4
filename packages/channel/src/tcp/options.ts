import type { CoordinatorEndOptions, NodeEndOptions } from '../ends/options.ts'

export interface ChannelClientOptions extends NodeEndOptions {
  readonly host: string
  readonly port: number
  /** The shared secret: the same as the coordinator's setting CHANNEL_SECRET. */
  readonly secret: string
}

export interface ChannelServerOptions extends CoordinatorEndOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly secret: string
}
