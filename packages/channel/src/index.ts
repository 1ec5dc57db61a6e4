// Three kinds of names: the ports that every process codes against; both ends of the channel, for whoever gives them
// streams, timers and chance, as `tcp/` and the simulator do; and what it takes to be a peer of one's own, its buffer included.

export { decodeMessage, encodeMessage } from './codec.ts'
export { type StreamHarness, streamContract } from './ends/contract.ts'
export { CoordinatorEnd } from './ends/coordinator-end.ts'
export { NodeEnd } from './ends/node-end.ts'
export type { ByteStream, Chance, StreamEvents } from './ends/ports.ts'
export { FrameDecoder } from './frame-decoder.ts'
export { type HandshakeCrypto, NodeHandshake } from './handshake.ts'
export {
  frameBytesMax,
  frameHeaderBytes,
  lingerMs,
  nonceBytes,
  proofBytes,
  protocolVersion,
  sessionIdBytes,
  silentIntervalsMax,
} from './limits.ts'
export type { Message, OutgoingMessage } from './messages.ts'
export * from './port.ts'
export { SendBuffer } from './send-buffer.ts'
