import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TargetOrigins } from './targets.ts'

/**
 * For tests: a backend and two processors over real HTTP that keep honest books in memory. What a test wants wrong, it
 * sets in `faults`. Not a payment processor: apps/processor-twin is one.
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
  /** No summary is answered before this many are asked for at the same time. */
  summariesTogether?: number
}

interface Entry {
  readonly requestedAtMs: number
  readonly amountCents: number
}

class Books {
  entries: Entry[] = []
  delayMs = 0
  failing = false
  /** What admin calls changed, in order. */
  readonly settings: string[] = []

  totals(query: URLSearchParams) {
    const fromMs = Date.parse(query.get('from') ?? '0000-01-01T00:00:00Z')
    const toMs = Date.parse(query.get('to') ?? '9999-01-01T00:00:00Z')
    const found = this.entries.filter(entry => entry.requestedAtMs >= fromMs && entry.requestedAtMs <= toMs)
    const cents = found.reduce((sum, entry) => sum + entry.amountCents, 0)
    return { totalRequests: found.length, totalAmount: cents / 100 }
  }
}

export class Double {
  readonly default = new Books()
  readonly fallback = new Books()
  readonly faults: Faults
  purgedCount = 0
  correlationIds = new Set<string>()
  amounts = new Set<number>()
  /** The windows that were asked for, by whom of the three, in order. */
  readonly windows: { readonly of: string; readonly from: string | null; readonly to: string | null }[] = []
  #waiting: (() => void)[] = []
  #arrivedCount = 0
  #servers: Server[] = []

  constructor(faults: Faults = {}) {
    this.faults = faults
  }

  /** The three origins, as the options of a command line. */
  async start(): Promise<readonly string[]> {
    const { backend, default: onDefault, fallback } = await this.startAt()
    return ['--backend', backend, '--default', onDefault, '--fallback', fallback]
  }

  async startAt(): Promise<TargetOrigins> {
    const backend = await this.#serve((request, response) => this.#backend(request, response))
    const onDefault = await this.#serve((request, response) =>
      this.#processor(this.default, 0.05, request, response),
    )
    const fallback = await this.#serve((request, response) =>
      this.#processor(this.fallback, 0.15, request, response),
    )
    return { backend, default: onDefault, fallback }
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }

  async #serve(
    handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ): Promise<string> {
    const server = createServer((request, response) => void handle(request, response))
    this.#servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  async #backend(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://backend')
    const body = await bodyOf(request)
    if (url.pathname === '/payments-summary') {
      await this.#noteWindow('backend', url.searchParams)
      return answer(response, 200, this.#summary(url.searchParams))
    }
    if (url.pathname === '/purge-payments') {
      this.purgedCount += 1
      return answer(response, 200)
    }
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
    this.#settle(Math.round(payment.amount * 100))
  }

  /** Books on the default, or on the fallback while the default fails. */
  #settle(amountCents: number): void {
    const entry = { requestedAtMs: Date.now(), amountCents }
    if (hits(this.#arrivedCount, this.faults.loseEvery)) return
    const books = this.default.failing ? this.fallback : this.default
    books.entries.push(entry)
    if (hits(this.#arrivedCount, this.faults.chargeTwiceEvery)) this.fallback.entries.push(entry)
  }

  #summary(query: URLSearchParams) {
    const both = { default: this.default.totals(query), fallback: this.fallback.totals(query) }
    both.default.totalRequests += this.faults.shiftCount ?? 0
    both.fallback.totalRequests -= this.faults.shiftCount ?? 0
    return both
  }

  async #noteWindow(of: string, query: URLSearchParams): Promise<void> {
    this.windows.push({ of, from: query.get('from'), to: query.get('to') })
    if (this.faults.summariesTogether === undefined) return
    const together = new Promise<void>(resolve => this.#waiting.push(resolve))
    if (this.#waiting.length >= this.faults.summariesTogether)
      for (const release of this.#waiting.splice(0)) release()
    await together
  }

  async #processor(
    books: Books,
    feeRate: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = new URL(request.url ?? '', 'http://processor')
    const body = await bodyOf(request)
    if (request.headers['x-rinha-token'] !== '123') return answer(response, 401)
    if (url.pathname === '/admin/payments-summary') {
      if (url.searchParams.has('from')) {
        await this.#noteWindow(books === this.default ? 'default' : 'fallback', url.searchParams)
      }
      return answer(response, 200, {
        ...books.totals(url.searchParams),
        totalFee: 0,
        feePerTransaction: feeRate,
      })
    }
    if (url.pathname === '/admin/purge-payments') books.entries = []
    // tidy: the field's name on the wire
    const setting = body === '' ? {} : (JSON.parse(body) as { delay?: number; failure?: boolean })
    if (setting.delay !== undefined) books.delayMs = setting.delay
    if (setting.failure !== undefined) books.failing = setting.failure
    if (setting.delay !== undefined || setting.failure !== undefined) books.settings.push(body)
    await sleep(1)
    answer(response, url.pathname.endsWith('/token') ? 204 : 200)
  }
}

function hits(count: number, every: number | undefined): boolean {
  return every !== undefined && count % every === 0
}

function answer(response: ServerResponse, status: number, json?: unknown): void {
  response.writeHead(status, json === undefined ? {} : { 'content-type': 'application/json' })
  response.end(json === undefined ? '' : JSON.stringify(json))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return body
}
