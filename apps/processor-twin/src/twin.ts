import { Admin } from './admin.ts'
import { HealthDesk } from './health-desk.ts'
import { type TwinOptions, twinDefaults } from './options.ts'
import { type After, PaymentDesk } from './payment-desk.ts'
import { Processor } from './processor.ts'
import { createServer, listen, type TwinParts } from './server.ts'

export interface Twin {
  /** The port it listens on: the one asked for, or the one found free for 0. */
  readonly port: number
  /** Stops listening and closes every connection. Payments under way are dropped. */
  close(): Promise<void>
}

/**
 * For tests alone: changes the parts before the port opens, to see that a twin that misbehaves is caught. A function, so
 * that no environment variable can carry one.
 */
export type Sabotage = (parts: TwinParts) => void

/**
 * Starts one simulated processor; what is not given has the real one's value. Rejects with a StartProblem where the
 * port is taken.
 */
export async function startTwin(given: Partial<TwinOptions> = {}, sabotage?: Sabotage): Promise<Twin> {
  const options = { ...twinDefaults, ...given }
  const processor = new Processor(options)
  const parts: TwinParts = {
    processor,
    admin: new Admin(processor),
    paymentDesk: new PaymentDesk(processor, options, after),
    healthDesk: new HealthDesk(processor, options, after, () => performance.now()),
  }
  sabotage?.(parts)
  const app = createServer(parts)
  const port = await listen(app, options.port)
  return {
    port,
    close: async () => {
      app.close()
    },
  }
}

/** The open port keeps the process alive; a payment that is delayed for minutes must not, once the port is closed. */
const after: After = (delayMs, then) => {
  setTimeout(then, delayMs).unref()
}
