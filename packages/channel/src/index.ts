// Two kinds of names: the ports and what every process that speaks of the channel needs; and the pure parts of both ends,
// for whoever puts them on another link than TCP's, as the simulator does.

export { backoffDelayMs } from './backoff.ts'
export { decodeMessage, encodeMessage } from './codec.ts'
export { FrameDecoder } from './frame-decoder.ts'
export { CoordinatorHandshake, type HandshakeCrypto, NodeHandshake } from './handshake.ts'
export {
  coordinatorIdBytes,
  frameBytesMax,
  handshakeFrameBytesMax,
  lingerMs,
  nonceBytes,
  paymentsPerFrameMax,
  proofBytes,
  protocolVersion,
  sessionIdBytes,
  silentIntervalsMax,
} from './limits.ts'
export { Liveness } from './liveness.ts'
export type {
  AckMessage,
  GoodbyeMessage,
  HelloMessage,
  Message,
  OutgoingMessage,
  PaymentsMessage,
  RefuseMessage,
  ReplyMessage,
  RequestMessage,
  WelcomeMessage,
} from './messages.ts'
export { creditTarget, PaymentReceiver, worthTelling } from './payment-receiver.ts'
export { readPaymentAmountCents, writePaymentRecord } from './payment-record.ts'
export * from './port.ts'
export { SendBuffer } from './send-buffer.ts'
export { SessionTable } from './session-table.ts'
