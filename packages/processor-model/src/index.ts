export { Books, type BooksTotal } from './books.ts'
export { centsHalfEven } from './half-even.ts'
export { officialProcessor, type ProcessorOptions } from './options.ts'
export type { ProcessorPorts } from './ports.ts'
export {
  type BodyRefusal,
  type HealthAnswer,
  type LookUpAnswer,
  type PaymentRequest,
  type PaymentStatus,
  type PaymentVisit,
  ProcessorModel,
} from './processor-model.ts'
