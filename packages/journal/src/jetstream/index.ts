export { JetStreamLog } from './jetstream-log.ts'
export { findLogs, type JetStreamOptions } from './open-streams.ts'
