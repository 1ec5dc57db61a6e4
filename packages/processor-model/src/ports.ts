/** Time and chance, as the model is given them. */
export interface ProcessorPorts {
  /** Monotonic. */
  nowMs(): number
  /** Calls `run` once `delayMs` have passed, and never before it has returned itself. */
  after(delayMs: number, run: () => void): void
  /** A number in [0, 1), by chance. Asked only where there is noise. */
  unit(): number
  /** What one payment takes besides the delay (reading, the insert); nothing where this is missing. */
  readonly serviceMs?: () => number
}
