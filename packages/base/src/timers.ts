export type Cancel = () => void

/** What a process gives for waiting: the platform's timers, or a simulation's. */
export interface Timers {
  after(delayMs: number, run: () => void): Cancel
  every(intervalMs: number, run: () => void): Cancel
  /** Runs after everything that this turn of the event loop still has to do. */
  soon(run: () => void): void
}
