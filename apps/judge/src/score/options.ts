import { type ParseArgsConfig, parseArgs } from 'node:util'
import { err, ok, type Result } from '@rinha/base'
import { origin } from '@rinha/settings'
import { scaleMax, scaleMin } from './scale.ts'
import { scheduleLimits } from './schedule.ts'
import type { TargetOrigins } from './targets.ts'

/** What the user asked for, each value in its range. */
export interface ScoreOptions {
  /** `preview`, `final` or a path. */
  readonly schedule: string
  readonly vusMax: number | undefined
  readonly scale: number
  readonly origins: TargetOrigins
  readonly token: string
  readonly jsonFile: string | undefined
  readonly participant: string
}

export type Asked<Options> = { readonly kind: 'help' } | { readonly kind: 'run'; readonly options: Options }

/** The options of every command that plays a schedule against a backend, as `parseArgs` takes them. */
export const runConfig = {
  schedule: { type: 'string' },
  vus: { type: 'string' },
  scale: { type: 'string', default: '1' },
  backend: { type: 'string', default: 'http://localhost:9999' },
  default: { type: 'string', default: 'http://localhost:8001' },
  fallback: { type: 'string', default: 'http://localhost:8002' },
  token: { type: 'string', default: '123' },
  json: { type: 'string' },
  participant: { type: 'string', default: 'anonymous' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options']

/** Their values as the command line has them. */
export type RunValues = Extract<ReturnType<typeof readArguments<typeof runConfig>>, { ok: true }>['value']

/** Belongs to the command around this one (score-command.ts), which takes it out; here it is only talked about. */
const startOption = 'start'

export const scoreHelp = `Plays a schedule against a running cluster and reckons its score. \`npm start\` starts one, and so does --start.

Usage: npm run score -- --schedule preview|final|FILE [options]

  --schedule preview|final|FILE   the run to play: one of the official two, or a file like them
                                  (apps/judge/schedules/README.md says what is in one)
  --start                         starts a cluster for this run, with the schedule's fees, and stops it afterwards
  --vus N                         virtual users at the ramp's height, 1 to ${scheduleLimits.vusMax}, in place of the schedule's
  --scale X                       ${scaleMin} to ${scaleMax}: shortens ramp, stages and the time between audits (not delays, guards
                                  or timeouts) for a quick look; a scaled score compares only with its like
  --backend URL                   ${runConfig.backend.default}
  --default URL                   ${runConfig.default.default}, the default processor's admin side
  --fallback URL                  ${runConfig.fallback.default}, the fallback processor's
  --token TOKEN                   ${runConfig.token.default}, the processors' X-Rinha-Token
  --json FILE                     also writes the partial-results JSON there
  --participant NAME              ${runConfig.participant.default}, the name in that JSON
  --help

Both processors and the backend are purged first. Exit code: 0 a run was completed, whatever its score; 1 it could not
be; 2 a wrong option or schedule; 130 interrupted.
`

/** The options of a command line, or one line for each that is wrong. */
export function parseOptions(argv: readonly string[]): Result<Asked<ScoreOptions>, readonly string[]> {
  const read = readArguments(argv, runConfig, [...Object.keys(runConfig), startOption])
  if (!read.ok) return read
  const parsed = read.value
  if (parsed.help) return ok({ kind: 'help' })
  const problems: string[] = []
  const options = readOptions(parsed, problems)
  return problems.length > 0 ? err(problems) : ok({ kind: 'run', options })
}

/** What reads one value, or adds to the problems; what it then returns is of no use. */
export function tellerOf(problems: string[]) {
  return <T>(name: string, value: string, allowed: string, read: (value: string) => T | undefined): T => {
    const result = read(value)
    if (result === undefined) problems.push(`--${name} ${JSON.stringify(value)} is not allowed: ${allowed}`)
    return result as T
  }
}

/** The values in their ranges. Where a problem was added the result is of no use. */
export function readOptions(parsed: RunValues, problems: string[]): ScoreOptions {
  const told = tellerOf(problems)
  const notEmpty = (name: string, value: string) =>
    told(name, value, 'any text that is not empty', text => (text === '' ? undefined : text))
  const url = (name: keyof TargetOrigins, value: string) => told(name, value, urlAllowed, readOrigin)
  if (parsed.schedule === undefined)
    problems.push('--schedule is missing: preview, final or the path of a file')
  return {
    schedule: notEmpty('schedule', parsed.schedule ?? '-'),
    vusMax:
      parsed.vus === undefined
        ? undefined
        : told('vus', parsed.vus, `a whole number from 1 to ${scheduleLimits.vusMax}`, text =>
            /^\d{1,6}$/.test(text) ? within(Number(text), 1, scheduleLimits.vusMax) : undefined,
          ),
    scale: told('scale', parsed.scale, `a number from ${scaleMin} to ${scaleMax}`, text =>
      /^\d{0,3}\.?\d{1,6}$/.test(text) ? within(Number(text), scaleMin, scaleMax) : undefined,
    ),
    origins: {
      backend: url('backend', parsed.backend),
      default: url('default', parsed.default),
      fallback: url('fallback', parsed.fallback),
    },
    token: told('token', parsed.token, 'printable ASCII without spaces, as a header needs it', text =>
      /^[\x21-\x7e]{1,200}$/.test(text) ? text : undefined,
    ),
    jsonFile: parsed.json === undefined ? undefined : notEmpty('json', parsed.json),
    participant: notEmpty('participant', parsed.participant),
  }
}

export const urlAllowed = 'an http:// address without a path, such as http://localhost:9999'

export function readOrigin(text: string): string | undefined {
  return text.startsWith('http:') ? originSetting.parse(text) : undefined
}

const originSetting = origin({ fallback: runConfig.backend.default, help: '' })

/** What a command line gives for these options, or what is wrong with it; `names` are the options that it might have meant. */
export function readArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: Options,
  names: readonly string[] = Object.keys(options),
) {
  try {
    return ok(parseArgs({ args: [...argv], options, allowPositionals: false, strict: true }).values)
  } catch (error) {
    return err([explain(error, names)])
  }
}

/** The platform's message names the option; what it lacks is what would be right. */
function explain(error: unknown, names: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error)
  const options = names.map(name => `--${name}`).join(', ')
  return `${message.split(/[.\n] /)[0]?.trim()}. The options are ${options}`
}

export function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined
}
