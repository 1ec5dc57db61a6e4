import type { ParseArgsConfig } from 'node:util'
import { err, ok, type Result } from '@rinha/base'
import { type AckLevel, ackLevels } from '@rinha/node'
import { readArguments, tellerOf, within } from '../score/options.ts'
import { nodeNames, type ProcessName } from './plan.ts'

export interface ChaosOptions {
  readonly lengthMs: number
  /** Between two faults, on average. */
  readonly everyMs: number
  readonly seed: number
  /** What clients ask for; undefined is each of them by chance. */
  readonly level: AckLevel | undefined
  readonly vusCount: number
  /** Processes that are neither killed nor restarted. */
  readonly spared: readonly ProcessName[]
  /** Where data and logs stay; undefined is a folder of the system's, which stays only where something was found. */
  readonly keepDirectory: string | undefined
}

const minutesMax = 600
const vusMax = 500

const spares: Readonly<Record<string, readonly ProcessName[]>> = {
  coordinator: ['coordinator'],
  nodes: nodeNames,
}

const config = {
  minutes: { type: 'string', default: '1' },
  every: { type: 'string', default: '3' },
  seed: { type: 'string' },
  level: { type: 'string' },
  vus: { type: 'string', default: '50' },
  spare: { type: 'string' },
  keep: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options']

export const chaosHelp = `Runs the real processes under load, does bad things to them, heals everything, and compares what clients were told with
what the processors have, id by id.

Usage: npm run chaos -- [options]

  --minutes M        ${config.minutes.default} by default, up to ${minutesMax}: how long before everything is healed
  --every S          ${config.every.default} by default: seconds between two faults, on average
  --seed N           what goes wrong when, and what is posted; by chance and printed by default. Real processes have
                     their own time: the same seed gives the same faults, not the same run
  --level LEVEL      received, queued or journaled: what clients ask for (Prefer: ack=LEVEL); each by chance by default
  --vus N            ${config.vus.default} by default, up to ${vusMax}: clients that post at the same time
  --spare NAME       coordinator or nodes: is neither killed nor restarted (paused it may be)
  --keep DIR         keeps data and logs in that folder, which must be new or empty; otherwise they are kept only where a
                     rule was broken
  --help

Two processors, a coordinator with a journal and two API nodes, on free ports, with a TCP proxy in every link between
them. Processes are killed, stopped and started, or paused; links grow slow, trickle, break, fall silent; processors are
slow or fail. Each fault ends by itself.

Exit code: 0 every rule held; 1 a rule was broken, or it could not run; 2 a wrong option; 130 interrupted.
`

/** The options of a command line, `'help'`, or one line for each that is wrong. `seed` is for where none is given. */
export function parseChaosOptions(
  argv: readonly string[],
  seed: number,
): Result<ChaosOptions | 'help', readonly string[]> {
  const read = readArguments(argv, config)
  if (!read.ok) return read
  const values = read.value
  if (values.help) return ok('help')
  const problems: string[] = []
  const told = tellerOf(problems)
  const number = (name: 'minutes' | 'every', min: number, max: number) =>
    told(name, values[name], `a number from ${min} to ${max}`, text =>
      /^\d{1,5}(\.\d{1,4})?$/.test(text) ? within(Number(text), min, max) : undefined,
    )
  const whole = (name: string, text: string, min: number, max: number) =>
    told(name, text, `a whole number from ${min} to ${max}`, digits =>
      /^\d{1,10}$/.test(digits) ? within(Number(digits), min, max) : undefined,
    )
  const { level, spare, keep } = values
  const options: ChaosOptions = {
    lengthMs: number('minutes', 0.05, minutesMax) * 60_000,
    everyMs: number('every', 0.2, 600) * 1000,
    seed: values.seed === undefined ? seed : whole('seed', values.seed, 0, 2 ** 31),
    vusCount: whole('vus', values.vus, 1, vusMax),
    level:
      level === undefined
        ? undefined
        : told('level', level, `one of ${ackLevels.join(', ')}`, text =>
            ackLevels.find(word => word === text),
          ),
    spared:
      spare === undefined
        ? []
        : told('spare', spare, `one of ${Object.keys(spares).join(', ')}`, text =>
            Object.hasOwn(spares, text) ? spares[text] : undefined,
          ),
    keepDirectory:
      keep === undefined
        ? undefined
        : told('keep', keep, 'the path of a folder', text => (text === '' ? undefined : text)),
  }
  return problems.length > 0 ? err(problems) : ok(options)
}

/** The options of a run, as they would be typed. */
export function printChaosOptions(options: ChaosOptions): string {
  const { lengthMs, everyMs, seed, level, vusCount, spared } = options
  const spare = Object.keys(spares).find(name => spares[name] === spared)
  return [
    `--minutes ${lengthMs / 60_000} --every ${everyMs / 1000} --seed ${seed} --vus ${vusCount}`,
    ...(level === undefined ? [] : [`--level ${level}`]),
    ...(spare === undefined ? [] : [`--spare ${spare}`]),
  ].join(' ')
}
