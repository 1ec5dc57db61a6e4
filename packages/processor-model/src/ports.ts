/** Time, as the model is given it. */
export interface ProcessorPorts {
  /** Monotonic. */
  nowMs(): number
  /** Calls `run` once `delayMs` have passed, and never before it has returned itself. */
  after(delayMs: number, run: () => void): void
  /** What one payment takes besides the delay (reading, the insert); nothing where this is missing. */
  readonly serviceMs?: () => number
}
