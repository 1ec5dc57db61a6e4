import { officialProcessor, type ProcessorOptions } from '@rinha/processor-model'

/** The options of one simulated processor. */
export interface TwinOptions extends ProcessorOptions {
  readonly host: string
  /** 0 takes any free port; the one taken is reported. */
  readonly port: number
  /** Shown on `GET /`, so that two twins can be told apart. */
  readonly name: string
  /** The fee as basis points of the amount: 500 is 0.05, or 5 %. */
  readonly feeBps: number
}

export const twinDefaults: TwinOptions = {
  ...officialProcessor,
  host: '0.0.0.0',
  port: 8001,
  name: 'processor',
  feeBps: 500,
}

/**
 * The longest body that is read; a longer one is answered 413. A payment is about 120 bytes. (The real processor's
 * web server stops at 30 MB, which no client of this system comes near.)
 */
export const bodyBytesMax = 64 * 1024

/** The largest delay: what both a 32 bit integer of the real processor and a timer of this platform can hold. */
export const delayMsMax = 2 ** 31 - 1
