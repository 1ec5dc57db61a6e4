// Three kinds of names: the interfaces that every process uses; both ends of the channel, for callers that pass in
// streams, timers and chance (`tcp/` and the simulator); and what is needed to write a peer of one's own, its buffer
// included.

export { decodeMessage, encodeMessage } from './codec.ts'
export { type HostAndPort, parseCoordinators, printCoordinators } from './coordinator-list.ts'
export { type StreamHarness, streamContract } from './ends/contract.ts'
export { CoordinatorEnd } from './ends/coordinator-end.ts'
export { NodeEnd } from './ends/node-end.ts'
export type { ByteStream, Chance, StreamEvents } from './ends/ports.ts'
export { FrameDecoder } from './frame-decoder.ts'
export { type HandshakeCrypto, NodeHandshake } from './handshake.ts'
export {
  addressPattern,
  frameBytesMax,
  frameHeaderBytes,
  lingerMs,
  nonceBytes,
  proofBytes,
  protocolVersion,
  retryAfterSecondsMax,
  sessionIdBytes,
  silentIntervalsMax,
} from './limits.ts'
export type { KeptBy, Message, OutgoingMessage } from './messages.ts'
export * from './port.ts'
export { SendBuffer } from './send-buffer.ts'
