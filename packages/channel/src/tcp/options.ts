import type { CoordinatorEndOptions, NodeEndOptions } from '../ends/options.ts'

export interface ChannelClientOptions extends NodeEndOptions {
  readonly host: string
  readonly port: number
  /** What the coordinator has too (the setting CHANNEL_SECRET). */
  readonly secret: string
}

export interface ChannelServerOptions extends CoordinatorEndOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly secret: string
}
