export type { ProxyFault } from './fault.ts'
export { createFaultProxy, type FaultProxy, type FaultProxyOptions } from './fault-proxy.ts'
