export type Cancel = () => void

/** What a process gives for waiting: the platform's timers, or a simulation's. */
export interface Timers {
  after(delayMs: number, run: () => void): Cancel
  every(intervalMs: number, run: () => void): Cancel
  /** When everything that is at hand in this turn of the event loop has been done. */
  soon(run: () => void): void
}
