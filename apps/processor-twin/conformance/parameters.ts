/**
 * The numbers of the processor under test, and how long the suite is ready to wait to see them. The defaults are the
 * real processor's; a twin with shorter windows is checked with shorter ones.
 */
export interface Parameters {
  readonly runningCountMax: number
  readonly waitingCountMax: number
  readonly healthWindowMs: number
  readonly healthHeartbeatMs: number
  readonly healthResetMs: number
  /** The delay that is set where a check needs one: long enough that an answer without it is told apart. */
  readonly delayMs: number
  /** The same for the checks of the limiter, during which all requests have to arrive. */
  readonly limiterDelayMs: number
}

export const defaultParameters: Parameters = {
  runningCountMax: 800,
  waitingCountMax: 500,
  healthWindowMs: 5000,
  healthHeartbeatMs: 100,
  healthResetMs: 10_000,
  delayMs: 800,
  limiterDelayMs: 3000,
}
