import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { parseCorrelationId } from '@rinha/payment'
import { startTwin, type Twin } from '@rinha/processor-twin'
import type { TargetOrigins } from './targets.ts'

/**
 * For tests: two twins, and a backend that books at them every payment that it accepts, and answers truthfully what they
 * have. A test sets what should go wrong in `faults`.
 */
export interface Faults {
  /** A part of the payments is accepted and booked nowhere. */
  loseEvery?: number
  /** A part of the payments is booked on both processors. */
  chargeTwiceEvery?: number
  /** The backend's summary counts this many more on the default and as many less on the fallback. */
  shiftCount?: number
  /** The backend answers a part of the payments with this status. */
  refuseEvery?: { readonly every: number; readonly status: number }
  /** The backend never answers this part of the payments. */
  hangEvery?: number
}

export class TestCluster {
  readonly default: Twin
  readonly fallback: Twin
  readonly faults: Faults
  purgedCount = 0
  correlationIds = new Set<string>()
  amounts = new Set<number>()
  /** The windows that were asked for, and at which of the three, in order. */
  readonly windows: { of: string; from: string | null; to: string | null }[] = []
  /** How the default's switches were set, in order. */
  readonly settings: string[] = []
  #arrivedCount = 0
  readonly #server = createServer((request, response) => void this.#backend(request, response))

  private constructor(faults: Faults, onDefault: Twin, fallback: Twin) {
    this.faults = faults
    this.default = onDefault
    this.fallback = fallback
    for (const of of ['default', 'fallback'] as const) {
      const { admin } = this[of]
      const summary = admin.summary.bind(admin)
      admin.summary = (from, to) => {
        if (from !== undefined) this.windows.push({ of, from, to: to ?? null })
        return summary(from, to)
      }
    }
    const { admin } = onDefault
    const [setDelay, setFailure] = [admin.setDelay.bind(admin), admin.setFailure.bind(admin)]
    admin.setDelay = delayMs => {
      this.settings.push(`delay ${delayMs}`)
      return setDelay(delayMs)
    }
    admin.setFailure = failing => {
      this.settings.push(`failing ${failing}`)
      return setFailure(failing)
    }
  }

  static async start(faults: Faults = {}): Promise<TestCluster> {
    const twins = [await startTwin({ port: 0, feeBps: 500 }), await startTwin({ port: 0, feeBps: 1500 })]
    const cluster = new TestCluster(faults, ...(twins as [Twin, Twin]))
    await new Promise<void>(resolve => cluster.#server.listen(0, '127.0.0.1', resolve))
    return cluster
  }

  get origins(): TargetOrigins {
    const originOf = (port: number) => `http://127.0.0.1:${port}`
    return {
      backend: originOf((this.#server.address() as AddressInfo).port),
      default: originOf(this.default.port),
      fallback: originOf(this.fallback.port),
    }
  }

  /** The three origins, as the options of a command line, and no coordinator. */
  get argv(): readonly string[] {
    const origins = { ...this.origins, admin: 'http://127.0.0.1:1' }
    return Object.entries(origins).flatMap(([name, origin]) => [`--${name}`, origin])
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
    await Promise.all([this.default.close(), this.fallback.close()])
  }

  async #backend(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://backend')
    const body = await text(request)
    if (url.pathname === '/payments-summary')
      return answer(response, 200, this.#summary(url.searchParams.get('from'), url.searchParams.get('to')))
    if (url.pathname === '/purge-payments') {
      this.purgedCount += 1
      return answer(response, 200)
    }
    if (request.method === 'GET') return this.#payment(url.pathname.slice('/payments/'.length), response)
    this.#arrivedCount += 1
    const { hangEvery, refuseEvery } = this.faults
    if (hits(this.#arrivedCount, hangEvery)) return
    if (refuseEvery && hits(this.#arrivedCount, refuseEvery.every))
      return answer(response, refuseEvery.status)
    answer(response, 202)
    // tidy: the field's name on the wire
    const payment = JSON.parse(body) as { correlationId: string; amount: number }
    this.correlationIds.add(payment.correlationId)
    this.amounts.add(payment.amount)
    this.#settle(parseCorrelationId(payment.correlationId) as Uint8Array, Math.round(payment.amount * 100))
  }

  /** Books on the default, or on the fallback while the default fails. */
  #settle(correlationId: Uint8Array, amountCents: number): void {
    if (hits(this.#arrivedCount, this.faults.loseEvery)) return
    const processor = this.default.model.failing ? this.fallback : this.default
    processor.model.books.record(correlationId, amountCents, Date.now())
    if (hits(this.#arrivedCount, this.faults.chargeTwiceEvery))
      this.fallback.model.books.record(correlationId, amountCents, Date.now())
  }

  #payment(correlationId: string, response: ServerResponse): void {
    const id = parseCorrelationId(correlationId) as Uint8Array
    for (const [processor, { model }] of [
      ['default', this.default] as const,
      ['fallback', this.fallback] as const,
    ]) {
      const row = model.books.find(id)
      if (row < 0) continue
      const requestedAt = new Date(model.books.requestedAtMs(row)).toISOString()
      return answer(response, 200, { correlationId, state: 'settled', processor, requestedAt })
    }
    answer(response, 404)
  }

  #summary(from: string | null, to: string | null) {
    this.windows.push({ of: 'backend', from, to })
    const [fromMs, toMs] = [from, to].map(end => (end === null ? undefined : Date.parse(end)))
    const totalsOf = ({ model }: Twin, shiftCount: number) => {
      const { count, amountCents } = model.summary(fromMs, toMs)
      return { totalRequests: count + shiftCount, totalAmount: amountCents / 100 }
    }
    const { shiftCount = 0 } = this.faults
    return { default: totalsOf(this.default, shiftCount), fallback: totalsOf(this.fallback, -shiftCount) }
  }
}

function hits(count: number, every: number | undefined): boolean {
  return every !== undefined && count % every === 0
}

function answer(response: ServerResponse, status: number, json?: unknown): void {
  response.writeHead(status, json === undefined ? {} : { 'content-type': 'application/json' })
  response.end(json === undefined ? '' : JSON.stringify(json))
}
