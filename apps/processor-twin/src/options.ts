/**
 * What one simulated processor is given. The defaults are the real processor's numbers; tests shorten the windows and
 * lower the limits, which changes no behaviour, only how long it takes to see it.
 */
export interface TwinOptions {
  /** 0 takes any free port; the one taken is reported. */
  readonly port: number
  /** Shown on `GET /`, so that two twins can be told apart. */
  readonly name: string
  /** The fee as basis points of the amount: 500 is 0.05, or 5 %. */
  readonly feeBps: number
  /** What `X-Rinha-Token` must hold until `PUT /admin/configurations/token` changes it. */
  readonly token: string
  readonly delayMs: number
  readonly failing: boolean
  readonly runningCountMax: number
  readonly waitingCountMax: number
  readonly healthWindowMs: number
  readonly healthHeartbeatMs: number
  readonly healthWaitingCountMax: number
  readonly healthResetMs: number
  readonly paymentCountMax: number
}

export const twinDefaults: TwinOptions = {
  port: 8001,
  name: 'processor',
  feeBps: 500,
  token: '123',
  delayMs: 0,
  failing: false,
  runningCountMax: 800,
  waitingCountMax: 500,
  healthWindowMs: 5000,
  healthHeartbeatMs: 100,
  healthWaitingCountMax: 2,
  healthResetMs: 10_000,
  // Ten times the longest official run. At about 180 bytes a payment (id and row in a hash table, two doubles) a full
  // store is some 180 MB.
  paymentCountMax: 1_000_000,
}

/**
 * The longest body that is read; a longer one is answered 413. A payment is about 120 bytes. (The real processor's
 * web server stops at 30 MB, which no client of this system comes near.)
 */
export const bodyBytesMax = 64 * 1024

/** The largest delay: what both a 32 bit integer of the real processor and a timer of this platform can hold. */
export const delayMsMax = 2 ** 31 - 1
