export { Reconciler, type Reconciliation } from './reconciler.ts'
