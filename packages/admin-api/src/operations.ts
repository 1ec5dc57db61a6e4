import { auditOperations } from './operations/audit.ts'
import { healthOperations } from './operations/health.ts'
import { listOperations } from './operations/lists.ts'
import { paymentOperations } from './operations/payments.ts'
import { queueOperations } from './operations/queue.ts'

/** Every operation of the admin port. */
export const adminOperations = {
  ...queueOperations,
  ...paymentOperations,
  ...listOperations,
  ...auditOperations,
  ...healthOperations,
}
