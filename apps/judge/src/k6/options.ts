import type { ParseArgsConfig } from 'node:util'
import { err, ok, type Result } from '@rinha/base'
import {
  type Asked,
  readArguments,
  readOptions,
  readOrigin,
  runConfig,
  type ScoreOptions,
  tellerOf,
  within,
} from '../score/options.ts'
import { scaleMax, scaleMin } from '../score/scale.ts'
import { scheduleLimits } from '../score/schedule.ts'

/** Another backend that is played before the one that counts, to have its p99 beside. */
export interface Rival {
  readonly name: string
  readonly origin: string
}

export interface K6Options extends ScoreOptions {
  readonly runCount: number
  /** The compose project to watch; undefined for the one that publishes the backend's port. */
  readonly project: string | undefined
  readonly against: Rival | undefined
}

const config = {
  ...runConfig,
  runs: { type: 'string', default: '1' },
  containers: { type: 'string' },
  against: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

const runCountMax = 50

export const k6Help = `Plays a schedule in k6, as the organisers do, against a backend that runs, and reckons its score.

Usage: npm run score:k6 -- --schedule preview|final|FILE [options]

  --schedule preview|final|FILE   the run to play: one of the official two, or a file like them
                                  (apps/judge/schedules/README.md says what is in one)
  --vus N                         virtual users at the ramp's height, 1 to ${scheduleLimits.vusMax}, in place of the schedule's
  --scale X                       ${scaleMin} to ${scaleMax}: shortens ramp, stages and the time between audits (not delays, guards
                                  or timeouts) for a quick look; a scaled score compares only with its like
  --runs N                        ${config.runs.default}: so many runs, one after the other, and a table of them with the medians, to ${runCountMax}
  --against NAME=URL              before each run the same one against this backend, such as e2e/k6/floor:
                                  both p99s and their ratio are shown; what it counts is not looked at
  --containers PROJECT            the compose project whose containers are watched, in place of the one that publishes
                                  the backend's port
  --backend URL                   ${config.backend.default}
  --default URL                   ${config.default.default}, the default processor's admin side
  --fallback URL                  ${config.fallback.default}, the fallback processor's
  --token TOKEN                   ${config.token.default}, the processors' X-Rinha-Token
  --json FILE                     also writes the partial-results JSON there; of several runs, FILE-1, FILE-2 and so on,
                                  the number before the extension
  --participant NAME              ${config.participant.default}, the name in that JSON
  --help

k6 has to be on the PATH. Both processors and the backend are purged first. Exit code: 0 every run was completed,
whatever its score; 1 one could not be; 2 a wrong option or schedule; 130 interrupted.
`

/** The options of a command line, or one line for each that is wrong. */
export function parseK6Options(argv: readonly string[]): Result<Asked<K6Options>, readonly string[]> {
  const read = readArguments(argv, config)
  if (!read.ok) return read
  const parsed = read.value
  if (parsed.help) return ok({ kind: 'help' })
  const problems: string[] = []
  const told = tellerOf(problems)
  const options: K6Options = {
    ...readOptions(parsed, problems),
    runCount: told('runs', parsed.runs, `a whole number from 1 to ${runCountMax}`, text =>
      /^\d{1,6}$/.test(text) ? within(Number(text), 1, runCountMax) : undefined,
    ),
    project:
      parsed.containers === undefined
        ? undefined
        : told(
            'containers',
            parsed.containers,
            'the name of a compose project, as `docker compose ls` has it',
            text => (/^[a-z0-9][a-z0-9_-]*$/.test(text) ? text : undefined),
          ),
    against:
      parsed.against === undefined
        ? undefined
        : told(
            'against',
            parsed.against,
            'a name and an address, such as floor=http://localhost:9998',
            readRival,
          ),
  }
  return problems.length > 0 ? err(problems) : ok({ kind: 'run', options })
}

function readRival(text: string): Rival | undefined {
  const [, name, url] = /^([a-z0-9][a-z0-9_-]{0,19})=(.+)$/i.exec(text) ?? []
  const origin = url === undefined ? undefined : readOrigin(url)
  return name === undefined || origin === undefined ? undefined : { name, origin }
}
