export type { ProxyFault } from './fault.ts'
export { createFaultProxy, type FaultProxy } from './fault-proxy.ts'
