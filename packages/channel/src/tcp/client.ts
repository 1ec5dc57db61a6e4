import { connect } from 'node:net'
import { assert } from '@rinha/base'
import type { HostAndPort } from '../coordinator-list.ts'
import { NodeEnd } from '../ends/node-end.ts'
import type { ChannelClient } from '../port.ts'
import { handshakeCrypto } from './crypto.ts'
import type { ChannelClientOptions } from './options.ts'
import { SocketStream } from './socket-stream.ts'
import { chance, timers } from './surroundings.ts'

/** An API node's end of the channel. It connects at once and again whenever the connection is lost, until closed. */
export function connectChannel(options: ChannelClientOptions): ChannelClient {
  const { coordinators, secret } = options
  assert(secret.length > 0, 'there is a secret')
  assert(coordinators.length > 0, 'there is a coordinator')
  const candidates = coordinators.map(({ host, port }) => `${host}:${port}`)
  return new NodeEnd(
    { ...options, candidates },
    {
      connect: (onConnected, candidate) => {
        const { host, port } = coordinators[candidate] as HostAndPort
        const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, noDelay: true })
        socket.once('connect', onConnected)
        return new SocketStream(socket, `${host}:${port}`)
      },
      timers,
      nowMs: () => performance.now(),
      chance,
      crypto: handshakeCrypto(secret),
    },
  )
}
