export { type AckLevel, ackLevels, reaches } from './ack-level.ts'
export { ApiNode } from './api-node.ts'
export type { HttpRequest, HttpResponse, KeyHolder, NodeOptions } from './ports.ts'
