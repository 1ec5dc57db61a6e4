import { performance } from 'node:perf_hooks'
import { correlationIdOf } from '../../k6/wire.ts'
import { activeVus } from '../ramp.ts'
import { Connection, type RequestEnd } from './connection.ts'
import type { LoadPlan, LoadTick } from './messages.ts'

/**
 * A closed loop, as k6's ramping-vus runs it: each virtual user posts one payment, waits for its end, sleeps, and begins
 * again; a slower backend is therefore asked less often. Users start when the ramp reaches their number. When it falls
 * below, or at its end, a user finishes the iteration it is in, sleep included, and starts no other, so the load ends
 * a little after the ramp: at most a client timeout and a think time.
 */
export class LoadGenerator {
  readonly #plan: LoadPlan
  readonly #endMs: number
  readonly #head: string
  readonly #amountText: string
  readonly #users: User[] = []
  #latenciesMs: number[] = []
  #postedAtMs: number[] = []
  #postedCount = 0
  readonly #onDone: () => void
  #failures: Record<string, number> = {}
  #startedAtMs = 0
  #ramp: NodeJS.Timeout | undefined
  #wantedVus = 0
  #busyCount = 0
  #acceptedCount = 0
  #failedCount = 0

  constructor(plan: LoadPlan, onDone: () => void) {
    this.#plan = plan
    this.#onDone = onDone
    this.#endMs = plan.ramp.at(-1)?.atMs ?? 0
    this.#amountText = JSON.stringify(plan.amountCents / 100)
    const bodyBytes = this.#body(0).length
    this.#head = [
      'POST /payments HTTP/1.1',
      `Host: ${new URL(plan.backendOrigin).host}`,
      'User-Agent: payment-cluster-score',
      'Content-Type: application/json',
      `Content-Length: ${bodyBytes}`,
      '\r\n',
    ].join('\r\n')
  }

  start(): void {
    this.#startedAtMs = performance.now()
    this.#ramp = setInterval(() => this.#followRamp(), rampTickMs)
    this.#followRamp()
  }

  /** Ends every request and connection at once, without `onDone`. */
  stop(): void {
    clearInterval(this.#ramp)
    this.#wantedVus = 0
    for (const user of this.#users) {
      clearTimeout(user.sleep)
      user.connection.close()
    }
  }

  /** Counts so far; the latencies and failures are handed out once. */
  tick(): LoadTick {
    const [failures, latenciesMs, postedAtMs] = [this.#failures, this.#latenciesMs, this.#postedAtMs]
    this.#failures = {}
    this.#latenciesMs = []
    this.#postedAtMs = []
    return {
      vus: this.#busyCount,
      acceptedCount: this.#acceptedCount,
      failedCount: this.#failedCount,
      latenciesMs: new Float64Array(latenciesMs),
      postedAtMs: new Float64Array(postedAtMs),
      failures,
    }
  }

  #followRamp(): void {
    const elapsedMs = performance.now() - this.#startedAtMs
    this.#wantedVus = activeVus(this.#plan.ramp, this.#plan.vusMax, elapsedMs)
    if (elapsedMs >= this.#endMs) {
      clearInterval(this.#ramp)
      if (this.#busyCount === 0) this.#onDone()
      return
    }
    for (let index = 0; index < this.#wantedVus; index += 1) {
      const user = this.#users[index] ?? this.#addUser()
      if (!user.busy) this.#begin(user)
    }
  }

  #addUser(): User {
    const { hostname, port } = new URL(this.#plan.backendOrigin)
    const target = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 80),
      timeoutMs: this.#plan.clientTimeoutMs,
    }
    const user = new User(this.#users.length, new Connection(target))
    this.#users.push(user)
    return user
  }

  #begin(user: User): void {
    user.busy = true
    this.#busyCount += 1
    this.#post(user)
  }

  #post(user: User): void {
    this.#postedAtMs.push(Date.now())
    const body = this.#body(this.#postedCount)
    this.#postedCount += 1
    user.connection.send(this.#head + body, end => {
      this.#count(end)
      user.sleep = setTimeout(() => this.#next(user), this.#plan.thinkTimeMs)
    })
  }

  #next(user: User): void {
    const over = performance.now() - this.#startedAtMs >= this.#endMs
    if (!over && user.index < this.#wantedVus) return this.#post(user)
    user.busy = false
    this.#busyCount -= 1
    if (over) user.connection.close()
    if (over && this.#busyCount === 0) this.#onDone()
  }

  #count(end: RequestEnd): void {
    if (end.kind === 'answer') {
      const { status, latencyMs } = end
      if (status < 400) this.#latenciesMs.push(latencyMs)
      if (status < 300) {
        this.#acceptedCount += 1
        return
      }
    }
    const cause = end.kind === 'answer' ? String(end.status) : end.cause
    this.#failedCount += 1
    this.#failures[cause] = (this.#failures[cause] ?? 0) + 1
  }

  /** The body of a payment. Its length is always the same, because a UUID's text has 36 characters. */
  #body(index: number): string {
    return `{"correlationId":"${correlationIdOf(this.#plan.run, index)}","amount":${this.#amountText}}`
  }
}

class User {
  readonly index: number
  readonly connection: Connection
  /** Whether the user is in an iteration: it asks, or it sleeps. */
  busy = false
  sleep: NodeJS.Timeout | undefined

  constructor(index: number, connection: Connection) {
    this.index = index
    this.connection = connection
  }
}

/** How late a user may start; 603 users over 300 s start half a second apart. */
const rampTickMs = 20
