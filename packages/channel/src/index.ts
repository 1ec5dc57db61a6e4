export { frameBytesMax, paymentsPerFrameMax, protocolVersion, silentIntervalsMax } from './limits.ts'
export { readPaymentAmountCents, writePaymentRecord } from './payment-record.ts'
export * from './port.ts'
export { SessionTable } from './session-table.ts'
