export { Histogram } from './histogram.ts'
export { Metrics, type Sample } from './metrics.ts'
export { addTraffic } from './traffic.ts'
