import type { ProcessorNoise } from '@rinha/processor-model'
import { type HttpAnswer, HttpClient, type HttpRequest } from '../http-client.ts'
import { windowQuery } from '../k6/wire.ts'
import type { Behaviour, PerProcessor } from './schedule.ts'
import type { Totals } from './scoring.ts'

export interface TargetOrigins {
  readonly backend: string
  readonly default: string
  readonly fallback: string
}

/** A summary as it was read, or nothing with the reason. */
export type Reading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'missing'; readonly reason: string }

/** `feePerTransaction` is a part of the amount, undefined where the processor did not say it. */
export type ProcessorTotals = Totals & { readonly feePerTransaction: number | undefined }

/** The answers of the three books about one window. */
export interface Readings {
  readonly backend: Reading<PerProcessor<Totals>>
  readonly default: Reading<ProcessorTotals>
  readonly fallback: Reading<ProcessorTotals>
}

/** Requests that the official script makes are measured, as its p99 is over every request of k6's; ours are not. */
export type OnLatency = (latencyMs: number) => void

/** The request that sets a processor's token or one of its switches. */
export function configuration(
  name: 'token' | 'delay' | 'failure' | 'fault' | 'noise',
  json: object,
): HttpRequest {
  return { method: 'PUT', path: `/admin/configurations/${name}`, json }
}

/** The admin side of one processor. */
export class Processor {
  readonly name: 'default' | 'fallback'
  readonly #client: HttpClient
  readonly #onLatency: OnLatency

  constructor(
    name: 'default' | 'fallback',
    origin: string,
    timeoutMs: number,
    token: string,
    onLatency: OnLatency,
  ) {
    this.name = name
    this.#client = new HttpClient(origin, { timeoutMs, headers: { 'x-rinha-token': token } })
    this.#onLatency = onLatency
  }

  /** Sets the token that it has already. That changes nothing, and shows at once whether the token is right. */
  setToken(token: string): Promise<string | undefined> {
    return this.#demand(204, configuration('token', { token }))
  }

  purge(): Promise<string | undefined> {
    return this.#demand(200, { method: 'POST', path: '/admin/purge-payments' })
  }

  setDelay(delayMs: number): Promise<string | undefined> {
    return this.#demand(200, configuration('delay', { delay: delayMs }))
  }

  setFailing(failing: boolean): Promise<string | undefined> {
    return this.#demand(200, configuration('failure', { failure: failing }))
  }

  /** Noise that is not named is switched off. Only twins make noise. */
  setNoise(noise: Partial<ProcessorNoise>): Promise<string | undefined> {
    return this.#demand(200, configuration('noise', noise))
  }

  /** No delay, no failure. Not measured: the official script has no such request. */
  async heal(): Promise<void> {
    await this.#client.send(configuration('delay', { delay: 0 }))
    await this.#client.send(configuration('failure', { failure: false }))
  }

  /** Payments it holds in all; 0 where it does not say. Not measured: the official script has no such request. */
  async recordedCount(): Promise<number> {
    const answer = await this.#client.send({ method: 'GET', path: '/admin/payments-summary' })
    const reading = readSummary(answer, totalsIn)
    return reading.kind === 'read' ? reading.value.count : 0
  }

  async summary(fromMs: number, toMs: number): Promise<Reading<ProcessorTotals>> {
    const answer = await this.#client.send({
      method: 'GET',
      path: `/admin/payments-summary${windowQuery(fromMs, toMs)}`,
    })
    return readProcessorSummary(measured(answer, this.#onLatency))
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** Undefined if the status came, else the words for the user. */
  async #demand(status: number, request: HttpRequest): Promise<string | undefined> {
    const answer = measured(await this.#client.send(request), this.#onLatency)
    if (answer.kind === 'answer' && answer.status === status) return undefined
    const where = `${this.name} processor at ${this.#client.origin}`
    if (answer.kind === 'answer' && answer.status === 401)
      return `the ${where} refuses the token: set --token to its X-Rinha-Token`
    const said = answer.kind === 'answer' ? `answered ${answer.status}, not ${status}` : answer.reason
    return `the ${where}, asked to ${request.method} ${request.path}: ${said}. Start it with \`npm start\`, or set --${this.name} to where it is`
  }
}

/** The backend under test. */
export class Backend {
  readonly #client: HttpClient
  readonly #onLatency: OnLatency

  constructor(origin: string, timeoutMs: number, onLatency: OnLatency) {
    this.#client = new HttpClient(origin, { timeoutMs })
    this.#onLatency = onLatency
  }

  /** Whether it serves: the organisers' question before a run. Undefined, or the reason why not. */
  async notReady(): Promise<string | undefined> {
    const answer = await this.#client.send({ method: 'GET', path: '/payments-summary' })
    if (answer.kind === 'none') return answer.reason
    return answer.status === 200 ? undefined : `answered ${answer.status}`
  }

  /** Payments in its books; 0 where it does not say. Not measured: the official script has no such request. */
  async bookedCount(): Promise<number> {
    const reading = readBackendSummary(await this.#client.send({ method: 'GET', path: '/payments-summary' }))
    return reading.kind === 'read' ? reading.value.default.count + reading.value.fallback.count : 0
  }

  /** Its answer is not looked at: a backend need not have this endpoint. */
  async purge(): Promise<void> {
    measured(await this.#client.send({ method: 'POST', path: '/purge-payments' }), this.#onLatency)
  }

  async summary(fromMs: number, toMs: number): Promise<Reading<PerProcessor<Totals>>> {
    const answer = await this.#client.send({
      method: 'GET',
      path: `/payments-summary${windowQuery(fromMs, toMs)}`,
    })
    return readBackendSummary(measured(answer, this.#onLatency))
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

export interface Targets {
  readonly backend: Backend
  readonly default: Processor
  readonly fallback: Processor
}

/** Sets one processor after the other and the delays before the failures, in the official script's order. */
export async function behave(
  targets: Targets,
  behaviour: PerProcessor<Behaviour>,
): Promise<string | undefined> {
  return (
    (await targets.default.setDelay(behaviour.default.delayMs)) ??
    (await targets.fallback.setDelay(behaviour.fallback.delayMs)) ??
    (await targets.default.setFailing(behaviour.default.failing)) ??
    (await targets.fallback.setFailing(behaviour.fallback.failing))
  )
}

/** Passes the answer on, its latency recorded where k6 would call it expected. */
function measured(answer: HttpAnswer, onLatency: OnLatency): HttpAnswer {
  if (answer.kind === 'answer' && answer.status >= 200 && answer.status < 400) onLatency(answer.latencyMs)
  return answer
}

export function readProcessorSummary(answer: HttpAnswer): Reading<ProcessorTotals> {
  return readSummary(answer, json => {
    const totals = totalsIn(json)
    if (totals === undefined) return undefined
    const fee = (json as { feePerTransaction?: unknown }).feePerTransaction
    return { ...totals, feePerTransaction: typeof fee === 'number' ? fee : undefined }
  })
}

export function readBackendSummary(answer: HttpAnswer): Reading<PerProcessor<Totals>> {
  return readSummary(answer, json => {
    const both = json as Partial<PerProcessor<unknown>> | null
    const onDefault = totalsIn(both?.default)
    const onFallback = totalsIn(both?.fallback)
    return onDefault && onFallback && { default: onDefault, fallback: onFallback }
  })
}

function readSummary<T>(answer: HttpAnswer, read: (json: unknown) => T | undefined): Reading<T> {
  if (answer.kind === 'none') return { kind: 'missing', reason: answer.reason }
  if (answer.status !== 200) return { kind: 'missing', reason: `answered ${answer.status}` }
  let value: T | undefined
  try {
    value = read(JSON.parse(answer.body))
  } catch {
    value = undefined
  }
  return value === undefined ? { kind: 'missing', reason: 'answered no summary' } : { kind: 'read', value }
}

/** Rounded to cents: backends that add up floats answer 333364.8000000292, and are scored all the same. */
function totalsIn(json: unknown): Totals | undefined {
  const { totalRequests, totalAmount } = (json ?? {}) as { totalRequests?: unknown; totalAmount?: unknown }
  if (typeof totalRequests !== 'number' || typeof totalAmount !== 'number') return undefined
  const amountCents = Math.round(totalAmount * 100)
  if (!Number.isSafeInteger(totalRequests) || !Number.isSafeInteger(amountCents)) return undefined
  return { count: totalRequests, amountCents }
}
