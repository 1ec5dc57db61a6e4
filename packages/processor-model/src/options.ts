/**
 * The numbers of one processor. Tests shorten the windows and lower the limits, which changes no behaviour, only how long
 * it takes to see it.
 */
export interface ProcessorOptions {
  /** The token that admin calls must have, until it is changed. */
  readonly token: string
  /** Before each payment is concluded; negative counts as none. */
  readonly delayMs: number
  readonly failing: boolean
  /** The most payments and look-ups under way at once, and the most that wait for a place. */
  readonly runningCountMax: number
  readonly waitingCountMax: number
  readonly healthWindowMs: number
  readonly healthHeartbeatMs: number
  readonly healthWaitingCountMax: number
  readonly healthResetMs: number
  /** Payments kept; past that none is recorded. */
  readonly paymentCountMax: number
}

/** The real processor's, where it has them. */
export const officialProcessor: ProcessorOptions = {
  token: '123',
  delayMs: 0,
  failing: false,
  runningCountMax: 800,
  waitingCountMax: 500,
  healthWindowMs: 5000,
  healthHeartbeatMs: 100,
  healthWaitingCountMax: 2,
  healthResetMs: 10_000,
  // Ten times the longest official run.
  paymentCountMax: 1_000_000,
}
