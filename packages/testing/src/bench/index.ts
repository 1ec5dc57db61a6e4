export { type BenchResult, bench, type Measured, measureRow, median, type Row, type Work } from './bench.ts'
export { twoLanes } from './two-lanes.ts'
