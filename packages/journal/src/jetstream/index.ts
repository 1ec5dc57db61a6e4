export { JetStreamLog } from './jetstream-log.ts'
export type { JetStreamOptions } from './open-streams.ts'
