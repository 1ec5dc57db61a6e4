export { JetStreamLog, type JetStreamOptions } from './jetstream-log.ts'
