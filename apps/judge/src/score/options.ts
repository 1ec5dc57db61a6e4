import { flag, integer, number, origin, required, type Settings, text } from '@rinha/settings'
import { scaleMax, scaleMin } from './scale.ts'
import { scheduleLimits } from './schedule.ts'
import type { TargetOrigins } from './targets.ts'

/** An address without TLS, as everything on one machine has it. */
export function httpOrigin<Fallback extends string | undefined = undefined>(
  fallback: Fallback,
  help: string,
) {
  const given = origin({ fallback, help })
  return {
    ...given,
    allowed: 'an http:// address without a path, such as http://localhost:9999',
    parse: (text: string) => (text.startsWith('http:') ? given.parse(text) : undefined),
  }
}

/** The options of every command that plays a schedule against a backend. */
export const runOptions = {
  schedule: required(
    text({
      valueName: 'preview|final|FILE',
      help: 'the run to play: one of the official two, or a file like them (apps/judge/schedules/README.md says what is in one)',
      allowed: 'preview, final or the path of a file',
    }),
  ),
  vus: integer({
    min: 1,
    max: scheduleLimits.vusMax,
    help: "virtual users at the ramp's height, in place of the schedule's",
  }),
  scale: number({
    fallback: 1,
    min: scaleMin,
    max: scaleMax,
    valueName: 'X',
    help:
      'shortens ramp, stages and the time between audits (not delays, guards or timeouts) for a quick look; a scaled ' +
      'score compares only with its like',
  }),
  backend: httpOrigin('http://localhost:9999', 'where payments are posted'),
  default: httpOrigin('http://localhost:8001', "the default processor's admin side"),
  fallback: httpOrigin('http://localhost:8002', "the fallback processor's"),
  token: text({
    fallback: '123',
    pattern: /^[\x21-\x7e]{1,200}$/,
    valueName: 'TOKEN',
    help: "the processors' X-Rinha-Token",
    allowed: 'printable ASCII without spaces, as a header needs it',
  }),
  yes: flag({
    help: 'forgets what cluster and processors hold, whoever posted it, without asking; without it a terminal is asked, and elsewhere it is refused',
  }),
  json: text({
    valueName: 'FILE',
    help: 'also writes the partial-results JSON there',
    allowed: 'the path of a file',
  }),
  report: text({
    valueName: 'FILE',
    help: 'where the report of the run goes, one HTML file; results/score-SCHEDULE-TIME.html where this is not given',
    allowed: 'the path of a file',
  }),
  noReport: flag({ help: 'writes no report' }),
  admin: httpOrigin(
    'http://localhost:9090',
    "the coordinator's admin port: asked what it holds, and once a second how its queue stands",
  ),
  participant: text({ fallback: 'anonymous', valueName: 'NAME', help: 'the name in that JSON' }),
}

export type RunOptions = Settings<typeof runOptions>

export const scoreOptions = {
  ...runOptions,
  start: flag({ help: "starts a cluster for this run, with the schedule's fees, and stops it afterwards" }),
}

export function originsOf({
  backend,
  default: onDefault,
  fallback,
}: Pick<RunOptions, 'backend' | 'default' | 'fallback'>): TargetOrigins {
  return { backend, default: onDefault, fallback }
}
