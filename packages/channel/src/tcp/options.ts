import type { HostAndPort } from '../coordinator-list.ts'
import type { CoordinatorEndOptions, NodeEndOptions } from '../ends/options.ts'

export interface ChannelClientOptions extends Omit<NodeEndOptions, 'candidates'> {
  /** One, or several of which one leads. */
  readonly coordinators: readonly HostAndPort[]
  /** The shared secret: the same as the coordinator's setting CHANNEL_SECRET. */
  readonly secret: string
}

export interface ChannelServerOptions extends CoordinatorEndOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly secret: string
}
