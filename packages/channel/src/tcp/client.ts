import { connect } from 'node:net'
import { assert } from '@rinha/base'
import { NodeEnd } from '../ends/node-end.ts'
import type { AcknowledgementListener, ChannelClient } from '../port.ts'
import { handshakeCrypto } from './crypto.ts'
import type { ChannelClientOptions } from './options.ts'
import { SocketStream } from './socket-stream.ts'
import { chance, timers } from './surroundings.ts'

/** An API node's end of the channel. It connects at once and again whenever the connection is lost, until closed. */
export function connectChannel(options: ChannelClientOptions): ChannelClient {
  const { host, port, secret } = options
  assert(secret.length > 0, 'there is a secret')
  let listener: AcknowledgementListener | undefined
  const onAcknowledged: AcknowledgementListener = (queued, journaled) => listener?.(queued, journaled)
  const end = new NodeEnd(
    { ...options, onAcknowledged },
    {
      connect: onConnected => {
        const socket = connect({ host, port, noDelay: true })
        socket.once('connect', onConnected)
        return new SocketStream(socket, `${host}:${port}`)
      },
      timers,
      chance,
      crypto: handshakeCrypto(secret),
    },
  )
  let closed: Promise<void> | undefined
  return {
    get connected() {
      return end.connected
    },
    get journaling() {
      return end.journaling
    },
    get unacknowledgedCount() {
      return end.unacknowledgedCount
    },
    offerPayment: (correlationId, amountCents) => end.offerPayment(correlationId, amountCents),
    flush: () => end.flush(),
    onAcknowledged: given => {
      assert(listener === undefined, 'one listener hears of acknowledgements')
      listener = given
    },
    holdsPayment: correlationId => end.holdsPayment(correlationId),
    request: (kind, params) => new Promise(resolve => end.request(kind, params, resolve)),
    close: drainMsMax => {
      closed ??= new Promise(resolve => end.close(drainMsMax, resolve))
      return closed
    },
  }
}
