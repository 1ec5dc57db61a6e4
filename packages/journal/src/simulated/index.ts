export { SimulatedDisk } from './simulated-disk.ts'
export { SimulatedStream } from './simulated-stream.ts'
