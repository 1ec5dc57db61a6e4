export { type AckLevel, ackLevels, type LocalAckLevel, localAckLevels, reaches } from './ack-level.ts'
export { ApiNode } from './api-node.ts'
export type { HttpRequest, HttpResponse, KeyHolder, NodeOptions } from './ports.ts'
