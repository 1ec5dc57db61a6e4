export { publicDocument } from './document.ts'
export { publicOperations } from './operations.ts'
export { newPayment } from './schemas.ts'
