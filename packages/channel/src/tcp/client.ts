import { connect } from 'node:net'
import { assert } from '@rinha/base'
import { NodeEnd } from '../ends/node-end.ts'
import type { ChannelClient } from '../port.ts'
import { handshakeCrypto } from './crypto.ts'
import type { ChannelClientOptions } from './options.ts'
import { SocketStream } from './socket-stream.ts'
import { chance, timers } from './surroundings.ts'

/** An API node's end of the channel. It connects at once and again whenever the connection is lost, until closed. */
export function connectChannel(options: ChannelClientOptions): ChannelClient {
  const { host, port, secret } = options
  assert(secret.length > 0, 'there is a secret')
  return new NodeEnd(options, {
    connect: onConnected => {
      const socket = connect({ host, port, noDelay: true })
      socket.once('connect', onConnected)
      return new SocketStream(socket, `${host}:${port}`)
    },
    timers,
    nowMs: () => performance.now(),
    chance,
    crypto: handshakeCrypto(secret),
  })
}
