export { type BenchResult, bench, type Measured, measureRow, type Row, type Work } from './bench.ts'
