export { Books, type BooksTotal } from './books.ts'
export {
  type Instead,
  type InsteadOfAnswer,
  lookUpLies,
  noFaults,
  type ProcessorFaults,
} from './faults.ts'
export { centsHalfEven } from './half-even.ts'
export { everyNoiseAtOnce, noNoise, type ProcessorNoise, tailKinds } from './noise.ts'
export { officialProcessor, type ProcessorOptions } from './options.ts'
export {
  type BodyRefusal,
  type HealthAnswer,
  type LookUpAnswer,
  type PaymentRequest,
  type PaymentStatus,
  ProcessorModel,
} from './processor-model.ts'
