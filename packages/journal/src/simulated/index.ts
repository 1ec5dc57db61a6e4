export { type Crash, type DiskTrouble, SimulatedDisk } from './simulated-disk.ts'
