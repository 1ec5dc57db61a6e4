import { availableParallelism } from 'node:os'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { err, ok, type Result } from '@rinha/base'
import { type Candidate, candidateLabels, createCandidate } from '@rinha/simulator'

/** What the user asked for, each value in its range. */
export interface LabOptions {
  readonly candidates: readonly Candidate[]
  readonly only: 'preview' | 'final' | 'random' | undefined
  readonly strict: boolean
  readonly scheduleCount: number
  readonly seed: number
  readonly processorCount: number
  readonly workerCount: number
  /** Where the table and the plot are written. */
  readonly outDirectory: string | undefined
}

export type Asked = { readonly kind: 'help' } | { readonly kind: 'run'; readonly options: LabOptions }

const config = {
  policies: { type: 'string', default: candidateLabels.join(',') },
  set: { type: 'string', multiple: true, default: [] },
  only: { type: 'string' },
  audits: { type: 'string', default: 'usual' },
  schedules: { type: 'string', default: '200' },
  seed: { type: 'string', default: '1' },
  processors: { type: 'string', default: '2' },
  workers: { type: 'string', default: '' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options']

/** Where the table of record stands. */
export const officialDirectory = 'docs/learning'

export const labHelp = `Plays schedules against policies in virtual time and says what each earns, beside a bound that knows the future.

Usage: npm run lab -- [options]

  --policies LIST    which, by commas: ${candidateLabels.join(', ')} (all).
                     NAME:number=value:number=value is a variant: patient:countMax=100
  --set NUM=VALUE    sets a number of every policy chosen; may come several times. A wrong name lists the right ones
  --only PART        preview, final or random (all three)
  --schedules N      ${config.schedules.default}: random schedules in each set, the one for tuning and the one kept apart
  --seed N           ${config.seed.default}: where the seeds of the tuning set start, and with them those of the other
  --processors N     ${config.processors.default}: how many processors the random schedules have, 1 to 8
  --audits strict    instead: random schedules at guards of 500, 1500 and 2000 ms, until those that have a clean way have
                     a million payments, audited every 100 ms
  --workers N        threads (as many as cores); results do not depend on it
  --out DIR          writes the table (policy-laboratory.md) and the plot (policy-laboratory.svg) there. A run without
                     any option writes to ${officialDirectory}
  --help

docs/learning/policy-laboratory.md explains what is measured. Exit code: 0 played; 2 a wrong option.
`

/** The options of a command line, or one line for each that is wrong. */
export function parseOptions(argv: readonly string[]): Result<Asked, readonly string[]> {
  let values: ReturnType<typeof parse>
  try {
    values = parse(argv)
  } catch (error) {
    return err([error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)])
  }
  if (values.help) return ok({ kind: 'help' })
  const problems: string[] = []
  const whole = (name: string, text: string, min: number, max: number): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max))
      problems.push(`--${name} "${text}" is not allowed: a whole number from ${min} to ${max}`)
    return value
  }
  const word = <Word extends string>(name: string, text: string | undefined, words: readonly Word[]) => {
    const found = words.find(known => known === text)
    if (found === undefined && text !== undefined)
      problems.push(`--${name} "${text}" is not allowed: ${words.join(', ')}`)
    return found
  }
  const options: LabOptions = {
    candidates: readCandidates(values.policies, values.set, problems),
    only: word('only', values.only, ['preview', 'final', 'random']),
    strict: word('audits', values.audits, ['usual', 'strict']) === 'strict',
    scheduleCount: whole('schedules', values.schedules, 1, 100_000),
    seed: whole('seed', values.seed, 1, 900_000),
    processorCount: whole('processors', values.processors, 1, 8),
    workerCount: whole('workers', values.workers || String(availableParallelism()), 1, 256),
    outDirectory: values.out ?? (argv.length === 0 ? officialDirectory : undefined),
  }
  if (options.strict && options.only !== undefined)
    problems.push('--audits strict has schedules of its own: leave --only out')
  return problems.length > 0 ? err(problems) : ok({ kind: 'run', options })
}

function parse(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: config, allowPositionals: false, strict: true }).values
}

function readCandidates(list: string, sets: readonly string[], problems: string[]): readonly Candidate[] {
  const numbersOf = (texts: readonly string[]): Record<string, number> => {
    const numbers: Record<string, number> = {}
    for (const text of texts) {
      const [, name, value] = /^(\w+)=(-?\d+(?:\.\d+)?)$/.exec(text) ?? []
      if (name === undefined) problems.push(`"${text}" is not of the form number=value`)
      else numbers[name] = Number(value)
    }
    return numbers
  }
  const common = numbersOf(sets)
  return list.split(',').flatMap(label => {
    const [name = '', ...own] = label.trim().split(':')
    const candidate = createCandidate(name, { ...common, ...numbersOf(own) }, label.trim())
    if (typeof candidate !== 'string') return [candidate]
    problems.push(candidate)
    return []
  })
}
