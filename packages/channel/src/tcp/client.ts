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
  let onAcknowledged: ((throughSequence: number) => void) | undefined
  const told = { ...options, onAcknowledged: (throughSequence: number) => onAcknowledged?.(throughSequence) }
  const end = new NodeEnd(told, {
    connect: onConnected => {
      const socket = connect({ host, port, noDelay: true })
      socket.once('connect', onConnected)
      return new SocketStream(socket, `${host}:${port}`)
    },
    timers,
    chance,
    crypto: handshakeCrypto(secret),
  })
  let closed: Promise<void> | undefined
  return {
    get connected() {
      return end.connected
    },
    get unacknowledgedCount() {
      return end.unacknowledgedCount
    },
    offerPayment: (correlationId, amountCents) => end.offerPayment(correlationId, amountCents),
    onAcknowledged: listener => {
      assert(onAcknowledged === undefined, 'one listener hears of acknowledgements')
      onAcknowledged = listener
    },
    holdsPayment: correlationId => end.holdsPayment(correlationId),
    request: (kind, params) => new Promise(resolve => end.request(kind, params, resolve)),
    close: drainMsMax => {
      closed ??= new Promise(resolve => end.close(drainMsMax, resolve))
      return closed
    },
  }
}
