import { parseArgs } from 'node:util'
import { err, ok, type Result } from '@rinha/base'

export interface SimulateOptions {
  readonly seedCount: number
  readonly firstSeed: number
  /** Virtual minutes of each run; each seed chooses its own where absent. */
  readonly minutes: number | undefined
  /** The most payments of each run. */
  readonly paymentCountMax: number | undefined
  readonly crashes: boolean
  readonly mutant: string | undefined
  readonly workerCount: number
}

const workerCountMax = 64

export const simulateHelp = `Plays the whole cluster in virtual time, one thread and one seed a run: clients, API nodes, the channel, the coordinator,
processors, and everything that can go wrong between them. Checkers outside compare what clients were told with the
processors' own books. The same seed is the same run, to the bit.

Usage: npm run simulate -- [options]

  --seeds N       so many runs, 100 by default
  --seed S        the first seed, 1 by default; the others follow
  --minutes M     virtual minutes of each run before all heals; each seed chooses 0.4 to 1.3 by default
  --payments N    no more than so many payments a run
  --crashes       the coordinator crashes and starts again, up to three times a run, some of them power cuts. In two runs of
                  three it writes a journal and has to go on where it was; in the others what it had is lost with it, and
                  those payments are left out of the accounts
  --mutant NAME   with one of the deliberate bugs of packages/simulator/mutants/, which is to be found
  --workers W     threads, by default as many as there are cores
  --help

Exit code: 0 nothing was found; 1 a checker found something; 2 a wrong option.
`

export function parseSimulateOptions(
  argv: readonly string[],
  coreCount: number,
): Result<SimulateOptions | 'help', string> {
  let values: Record<string, string | boolean | undefined>
  try {
    const text = { type: 'string' } as const
    values = parseArgs({
      args: [...argv],
      options: {
        seeds: text,
        seed: text,
        minutes: text,
        payments: text,
        crashes: { type: 'boolean' },
        mutant: text,
        workers: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error))
  }
  if (values.help === true) return ok('help')
  const problems: string[] = []
  const number = <T>(name: string, otherwise: T, min: number, max: number, whole = true): number | T => {
    const text = values[name]
    if (typeof text !== 'string') return otherwise
    const value = /^\d{1,10}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
    problems.push(`--${name} ${text} is not allowed: a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
    return otherwise
  }
  const options: SimulateOptions = {
    seedCount: number('seeds', 100, 1, 10_000_000),
    firstSeed: number('seed', 1, 0, 2 ** 31),
    minutes: number('minutes', undefined, 0.01, 600, false),
    paymentCountMax: number('payments', undefined, 1, 1_000_000),
    crashes: values.crashes === true,
    mutant: typeof values.mutant === 'string' ? values.mutant : undefined,
    workerCount: number('workers', Math.min(coreCount, workerCountMax), 1, workerCountMax),
  }
  return problems.length === 0 ? ok(options) : err(problems.join('\n'))
}

/** The options of one run, as they would be typed. */
export function printOptions(options: Partial<SimulateOptions>): string {
  const { seedCount, firstSeed, minutes, paymentCountMax, crashes, mutant } = options
  return [
    ...(firstSeed === undefined ? [] : [`--seed ${firstSeed}`]),
    ...(seedCount === undefined ? [] : [`--seeds ${seedCount}`]),
    ...(minutes === undefined ? [] : [`--minutes ${minutes}`]),
    ...(paymentCountMax === undefined ? [] : [`--payments ${paymentCountMax}`]),
    ...(crashes === true ? ['--crashes'] : []),
    ...(mutant === undefined ? [] : [`--mutant ${JSON.stringify(mutant)}`]),
  ].join(' ')
}
