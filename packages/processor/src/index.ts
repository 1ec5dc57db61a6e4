export { printPaymentBody, readLookupBody, readRetryAfterMs } from './bodies.ts'
export { classifyAttempt, classifyHealth, classifyLookup, classifySummary } from './classify.ts'
export {
  type ContractHarness,
  type ProcessorBehavior,
  type PromisingClient,
  processorContract,
  promising,
} from './contract.ts'
export type { ProcessorBooks, ProcessorClient, ProcessorPayment } from './port.ts'
