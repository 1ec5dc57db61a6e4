export { JetStreamLog } from './jetstream-log.ts'
