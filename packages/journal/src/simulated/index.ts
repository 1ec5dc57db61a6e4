export { SimulatedDisk } from './simulated-disk.ts'
export { type SimulatedConnection, SimulatedStream } from './simulated-stream.ts'
