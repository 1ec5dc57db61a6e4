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
      help: 'the schedule to play: one of the two official ones, or a file of your own (apps/judge/schedules/README.md has its fields)',
      allowed: 'preview, final or the path of a file',
    }),
  ),
  vus: integer({
    min: 1,
    max: scheduleLimits.vusMax,
    help: "the number of virtual users at the top of the ramp; by default the schedule's",
  }),
  scale: number({
    fallback: 1,
    min: scaleMin,
    max: scaleMax,
    valueName: 'X',
    help:
      'shortens ramp, stages and the time between audits for a quick look, but not delays, guards or timeouts; compare a ' +
      'score only with others of the same scale',
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
    help: 'purges cluster and processors without asking, whoever posted the payments they hold; without it you are asked on a terminal, and the command refuses elsewhere',
  }),
  json: text({
    valueName: 'FILE',
    help: 'also writes the partial-results JSON to this file',
    allowed: 'the path of a file',
  }),
  report: text({
    valueName: 'FILE',
    help: 'writes the report of the run, one HTML page, to this file; by default to results/score-SCHEDULE-TIME.html',
    allowed: 'the path of a file',
  }),
  noReport: flag({ help: 'writes no report' }),
  admin: httpOrigin(
    'http://localhost:9090',
    "the coordinator's admin port; it is asked which payments the cluster holds, and once a second for the length of its queue",
  ),
  participant: text({
    fallback: 'anonymous',
    valueName: 'NAME',
    help: 'the name in the partial-results JSON',
  }),
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
