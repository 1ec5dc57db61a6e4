import { StartProblem } from '@rinha/service'
import { type Audit, auditOf } from '../score/audit.ts'
import { type Closing, closingOf, type PostedPayments } from '../score/closing.ts'
import type { Schedule } from '../score/schedule.ts'
import { type Readings, readBackendSummary, readProcessorSummary } from '../score/targets.ts'
import { causeTag, failureCauses, type K6Note, type K6Reading, metricNames, taggedMetric } from './wire.ts'

/** k6 keeps the latencies of requests whose status it expected in a metric of their own. */
const judgedLatencies = 'http_req_duration{expected_response:true}'

/** Reads k6's metrics, as the script prints them at the end. k6 leaves out what was never added to. */
export function readSummary(text: string): PostedPayments {
  let metrics: Readonly<Record<string, { readonly values?: Readonly<Record<string, unknown>> }>>
  try {
    metrics = JSON.parse(text)
  } catch {
    throw new StartProblem(`k6 printed no metrics at its end, but ${JSON.stringify(text.slice(0, 200))}`)
  }
  const figure = (metric: string, value: string): number => {
    const found = metrics[metric]?.values?.[value]
    return typeof found === 'number' ? found : 0
  }
  const failures = failureCauses.flatMap(cause => {
    const count = figure(taggedMetric(metricNames.failed, causeTag, cause), 'count')
    return count > 0 ? [[cause, count] as const] : []
  })
  return {
    acceptedCount: figure(metricNames.accepted, 'count'),
    failedCount: figure(metricNames.failed, 'count'),
    failures: Object.fromEntries(failures),
    p99Ms: figure(judgedLatencies, 'p(99)'),
  }
}

/** One line of k6's log: a note of the script's, or what k6 itself has to say. */
export type LogLine =
  | { readonly kind: 'note'; readonly note: K6Note }
  | { readonly kind: 'words'; readonly level: string; readonly words: string }

export function readLogLine(line: string): LogLine {
  try {
    const { level, msg, source, error } = JSON.parse(line)
    if (source === 'console' && level === 'info') return { kind: 'note', note: JSON.parse(msg) }
    return {
      kind: 'words',
      level: String(level),
      words: error === undefined ? String(msg) : `${msg}: ${error}`,
    }
  } catch {
    return { kind: 'words', level: 'error', words: line }
  }
}

/** One audit, judged by the schedule's rule. */
export function auditIn(reading: K6Reading, schedule: Schedule): Audit {
  return auditOf(reading, readingsOf(reading), schedule.audit)
}

/** The books at the end. */
export function closingIn(reading: K6Reading, schedule: Schedule): Closing {
  return closingOf(schedule, readingsOf(reading))
}

function readingsOf(reading: K6Reading): Readings {
  return {
    backend: readBackendSummary(reading.backend),
    default: readProcessorSummary(reading.default),
    fallback: readProcessorSummary(reading.fallback),
  }
}
