import { ProcessorModel } from '@rinha/processor-model'
import { Admin } from './admin.ts'
import { plainText } from './answer.ts'
import { PaymentCodec } from './codec.ts'
import { printFeeRateJson } from './decimal.ts'
import { type TwinOptions, twinDefaults } from './options.ts'
import { createServer, listen, type TwinParts } from './server.ts'

/** A running twin. Its parts are there for tests, which read the books or break something on purpose. */
export interface Twin extends TwinParts {
  /** The port it listens on: the one asked for, or the one found free for 0. */
  readonly port: number
  /** Stops listening and closes every connection. Payments under way are dropped. */
  close(): Promise<void>
}

/**
 * Starts one simulated processor; what is not given has the real one's value. Rejects with a StartProblem where the
 * port is taken.
 */
export async function startTwin(given: Partial<TwinOptions> = {}): Promise<Twin> {
  const options = { ...twinDefaults, ...given }
  const model = new ProcessorModel(options, { nowMs: () => performance.now(), after, unit: Math.random })
  const parts: TwinParts = {
    model,
    codec: new PaymentCodec(options.healthWindowMs),
    admin: new Admin(model, options.feeBps),
  }
  const front = plainText(`Payment processor ${options.name}, fee ${printFeeRateJson(options.feeBps)}\n`)
  const app = createServer(parts, front)
  const port = await listen(app, options)
  return {
    ...parts,
    port,
    close: async () => {
      app.close()
    },
  }
}

/** The open port keeps the process alive; a payment that is delayed for minutes must not, once the port is closed. */
function after(delayMs: number, run: () => void): void {
  // A timer of a part of a millisecond would fire before its time.
  setTimeout(run, Math.ceil(delayMs)).unref()
}
