/**
 * One run of the challenge in k6, as the official script plays it: `payments` (ramping-vus; each user posts, then
 * sleeps), one scenario for each stage, an auditor. It imports nothing from the network. It measures and judges nothing:
 * what to play comes in as a plan, what it saw goes out as notes and metrics, and `npm run score:k6`, which starts it,
 * computes the score (apps/judge/src/k6/wire.ts has the words of both directions).
 *
 * The official script's p99 covers every request that got an answer below 400, including those of set-up, stages,
 * auditor and tear-down. Healing the processors before and after is not part of it, so the command does that.
 */
import { sleep } from 'k6'
import execution from 'k6/execution'
import http, { type Params, type Response } from 'k6/http'
import { Counter } from 'k6/metrics'
import type { HttpAnswer } from '../../apps/judge/src/http-client.ts'
import {
  causeTag,
  correlationIdOf,
  failureCauses,
  type K6Note,
  type K6Plan,
  type K6Reading,
  metricNames,
  planVariable,
  taggedMetric,
  windowQuery,
} from '../../apps/judge/src/k6/wire.ts'

const plan = readPlan()
const { backend } = plan.origins
const acceptedCounter = new Counter(metricNames.accepted)
const failedCounter = new Counter(metricNames.failed)

const toBackend: Params = {
  headers: { 'Content-Type': 'application/json' },
  timeout: plan.clientTimeoutMs,
}
const toProcessor: Params = {
  headers: { 'Content-Type': 'application/json', 'X-Rinha-Token': plan.token },
  timeout: plan.clientTimeoutMs,
}

type Processor = 'default' | 'fallback'
const processors: readonly Processor[] = ['default', 'fallback']

const iterationMsMax = plan.clientTimeoutMs + plan.thinkTimeMs + 1000

export const options = {
  summaryTrendStats: ['p(99)', 'count'],
  // These thresholds always hold. k6 keeps a count by tag only where a threshold asks for it.
  thresholds: Object.fromEntries(
    failureCauses.map(cause => [taggedMetric(metricNames.failed, causeTag, cause), ['count>=0']]),
  ),
  scenarios: {
    payments: {
      exec: 'payments',
      executor: 'ramping-vus',
      startVUs: plan.startVus,
      stages: plan.ramp.map(({ durationMs, targetVus }) => ({
        duration: `${durationMs}ms`,
        target: targetVus,
      })),
      // The official ramps only rise. Where a ramp falls, a user that is cut off during a request might have paid uncounted.
      gracefulRampDown: `${iterationMsMax}ms`,
      gracefulStop: `${iterationMsMax}ms`,
    },
    auditor: {
      exec: 'audit',
      executor: 'constant-vus',
      vus: 1,
      // k6 takes no duration below one second.
      duration: `${Math.max(plan.durationMs, 1000)}ms`,
      gracefulStop: `${plan.audit.everyMs + plan.clientTimeoutMs + 1000}ms`,
    },
    ...Object.fromEntries(
      plan.stages.map((stage, index) => [
        stageName(index),
        {
          exec: 'setStage',
          executor: 'per-vu-iterations',
          vus: 1,
          iterations: 1,
          startTime: `${stage.atMs}ms`,
          maxDuration: `${4 * plan.clientTimeoutMs + 1000}ms`,
        },
      ]),
    ),
  },
}

export function setup(): void {
  for (const processor of processors) configure(processor, 'token', { token: plan.token }, 204)
  for (const processor of processors) {
    const path = '/admin/purge-payments'
    expectStatus(processor, `POST ${path}`, http.post(plan.origins[processor] + path, null, toProcessor), 200)
  }
  // The answer is ignored, because a backend need not have this endpoint.
  http.post(`${backend}/purge-payments`, null, toBackend)
  tell({ note: 'started' })
}

export function payments(): void {
  const index = execution.scenario.iterationInTest
  const body = `{"correlationId":"${correlationIdOf(plan.run, index)}","amount":${plan.amountText}}`
  const atMs = Date.now()
  const response = http.post(`${backend}/payments`, body, toBackend)
  if (index % plan.noteEvery === 0) {
    const latencyMs = response.status === 0 ? null : response.timings.duration
    tell({ note: 'posted', index, atMs, latencyMs })
  }
  if (response.status >= 200 && response.status < 300) acceptedCounter.add(1)
  else failedCounter.add(1, { [causeTag]: causeOf(response) })
  sleep(plan.thinkTimeMs / 1000)
}

export function setStage(): void {
  const stage = plan.stages.find((_, index) => stageName(index) === execution.scenario.name)
  if (stage === undefined) return giveUp(`there is no stage ${execution.scenario.name}`)
  const { behaviour } = stage
  for (const processor of processors)
    configure(processor, 'delay', { delay: behaviour[processor].delayMs }, 200)
  for (const processor of processors)
    configure(processor, 'failure', { failure: behaviour[processor].failing }, 200)
}

export function audit(): void {
  const nowMs = Date.now()
  const fromMs = nowMs - plan.audit.lookBackMs
  const toMs = nowMs - plan.audit.guardMs
  const query = windowQuery(fromMs, toMs)
  const request = (url: string, params: Params) => ({ method: 'GET', url: url + query, params })
  const answers = http.batch({
    default: request(`${plan.origins.default}/admin/payments-summary`, toProcessor),
    fallback: request(`${plan.origins.fallback}/admin/payments-summary`, toProcessor),
    backend: request(`${backend}/payments-summary`, toBackend),
  })
  tell({ note: 'audit', reading: readingOf(fromMs, toMs, answers) })
  sleep(plan.audit.everyMs / 1000)
}

export function teardown(): void {
  const toMs = Date.now()
  const fromMs = toMs - plan.totals.lookBackMs
  const query = windowQuery(fromMs, toMs)
  const answers = {
    default: http.get(`${plan.origins.default}/admin/payments-summary${query}`, toProcessor),
    fallback: http.get(`${plan.origins.fallback}/admin/payments-summary${query}`, toProcessor),
    backend: http.get(
      `${backend}/payments-summary${query}`,
      // Where the backend's books are not counted, the official script does not make this request. So it must not enter
      // the p99: null keeps k6 from judging it as a success or a failure. k6's types do not know null.
      plan.totals.source === 'backend' ? toBackend : { ...toBackend, responseCallback: null as never },
    ),
  }
  tell({ note: 'books', reading: readingOf(fromMs, toMs, answers) })
}

export function handleSummary(data: { readonly metrics: unknown }): { readonly stdout: string } {
  return { stdout: JSON.stringify(data.metrics) }
}

function configure(processor: Processor, name: string, setting: object, status: number): void {
  const path = `/admin/configurations/${name}`
  const response = http.put(plan.origins[processor] + path, JSON.stringify(setting), toProcessor)
  expectStatus(processor, `PUT ${path}`, response, status)
}

function expectStatus(processor: Processor, asked: string, response: Response, status: number): void {
  if (response.status === status) return
  const said = response.status === 0 ? response.error : `answered ${response.status}, not ${status}`
  giveUp(`the ${processor} processor at ${plan.origins[processor]}, asked to ${asked}: ${said}`)
}

function giveUp(reason: string): void {
  tell({ note: 'problem', reason })
  execution.test.abort(reason)
}

function tell(note: K6Note): void {
  console.log(JSON.stringify(note))
}

function readingOf(
  fromMs: number,
  toMs: number,
  answers: Readonly<Record<Processor | 'backend', Response>>,
): K6Reading {
  return {
    fromMs,
    toMs,
    backend: answerOf(answers.backend),
    default: answerOf(answers.default),
    fallback: answerOf(answers.fallback),
  }
}

function answerOf(response: Response): HttpAnswer {
  const { status, body, timings, error } = response
  if (status === 0) return { kind: 'none', reason: error }
  return { kind: 'answer', status, body: String(body ?? ''), latencyMs: timings.duration }
}

/** In k6's error codes 1050 and 1211 are time limits, 1212 a refused connection, 1220 a reset one. */
function causeOf({ status, error_code }: Response): string {
  if (error_code === 1050 || error_code === 1211) return 'timeout'
  if (error_code === 1212) return 'refused'
  if (error_code === 1220) return 'reset'
  return failureCauses.includes(String(status)) ? String(status) : 'other'
}

function stageName(index: number): string {
  return `stage_${String(index).padStart(2, '0')}`
}

function readPlan(): K6Plan {
  const text = __ENV[planVariable]
  if (text === undefined) throw new Error(`${planVariable} is missing: start this with npm run score:k6`)
  return JSON.parse(text) as K6Plan
}
