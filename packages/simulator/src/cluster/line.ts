import type { Prng } from '@rinha/base'
import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import {
  classifyAttempt,
  classifyHealth,
  classifyLookup,
  type ProcessorClient,
  type ProcessorPayment,
  printPaymentBody,
} from '@rinha/processor'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import type { Plan } from './plan.ts'
import type { KnownPayments, Posted } from './posted.ts'
import type { LineFault, Tally } from './tally.ts'
import type { Trace } from './trace.ts'

/** The chances of everything that may go wrong on one line, for now. */
export interface LineWeather {
  readonly faults: readonly { readonly kind: LineFault; readonly chance: number }[]
  readonly lookUpFailsChance: number
  readonly healthFailsChance: number
  readonly healthIsStuck: boolean
  /** A replica that lags answers 404 though the payment is recorded. */
  readonly lookUpStaleChance: number
  /** And this one lags by so long at the most. */
  readonly lookUpLagMs: number
  /** A look-up that finds the payment answers nonsense: another amount, instant or id, wrong types, no JSON. */
  readonly lookUpNonsenseChance: number
  /** Another server stands in place of the processor, and answers this status to everything. */
  readonly wayStatus: number | undefined
}

export const fairLine: LineWeather = {
  faults: [],
  lookUpFailsChance: 0,
  lookUpStaleChance: 0,
  lookUpLagMs: 0,
  lookUpNonsenseChance: 0,
  healthFailsChance: 0,
  healthIsStuck: false,
  wayStatus: undefined,
}

/** Every payment is recorded, and no answer says so. */
export const muteLine: LineWeather = {
  ...fairLine,
  faults: [{ kind: 'unlisted status on the way out', chance: 1 }],
}

/** The statuses of a server in the processor's place. */
export const wayStatuses = [301, 302, 307, 401, 403, 404, 405, 407, 421, 426]

/** A status that no processor is documented to answer. A gateway that answers it may have passed the request on. */
const unlistedStatuses = [
  202, 204, 299, 402, 406, 408, 409, 410, 418, 499, 501, 502, 503, 504, 507, 511, 520, 524, 599,
]
/** The Retry-After of a 429. */
const retryAftersMs = [undefined, undefined, 0, 1000, 3000, 1e12]
/** How long a gateway's request may still be under way after the gateway has given up. */
const insertLaterMs = 4000
const lost: AttemptOutcome = { kind: 'unknown', reason: 'the connection was reset' }
const notReachable: AttemptOutcome = {
  kind: 'refused',
  sent: false,
  pushedBack: false,
  reason: 'connection refused',
}

/**
 * The way from the coordinator to one processor and back, with everything that can go wrong on it. It delays, loses and
 * replaces requests and answers, and never doubles one. The processor behind it has its own filters and its own books. The
 * shipping classification says what a status means.
 *
 * Two faults are the hard ones. A delayed request arrives after its sender has given up, and after a look-up has perhaps
 * answered "absent". A lost answer leaves a recorded payment that its sender does not know to be recorded.
 *
 * One thing does not happen: a look-up does not answer 404 for a payment that was recorded and answered 500. classify.ts says
 * why the coordinator could not tell that from a payment that is absent.
 */
export class Line implements ProcessorClient {
  weather: LineWeather = fairLine
  /** The health endpoint says failing, whatever the processor does. */
  healthIsStuck = false
  readonly #world: World
  readonly #prng: Prng
  readonly #processor: SimProcessor
  readonly #plan: Plan
  readonly #posted: KnownPayments
  readonly #trace: Trace
  readonly #tally: Tally
  /** The payment was recorded and answered 500, and its sender has not been answered 422 since. */
  readonly #lied = new Set<number>()
  /** Attempts that came to its door: number and requestedAt. */
  readonly #seen = new Set<string>()

  constructor(
    world: World,
    processor: SimProcessor,
    context: {
      readonly plan: Plan
      readonly posted: KnownPayments
      readonly trace: Trace
      readonly tally: Tally
    },
  ) {
    this.#world = world
    this.#prng = world.stream()
    this.#processor = processor
    this.#plan = context.plan
    this.#posted = context.posted
    this.#trace = context.trace
    this.#tally = context.tally
  }

  pay(payment: ProcessorPayment, reply: (outcome: AttemptOutcome) => void): void {
    const posted = this.#posted.of(payment.correlationId)
    const { number, kind } = posted
    const { wayStatus } = this.weather
    if (wayStatus !== undefined) {
      this.#tally.faults['answered about the way'] += 1
      return this.#later(5, () => reply(classifyAttempt(wayStatus)))
    }
    const isRepeat = this.#isRepeat(posted, payment.requestedAtMs)
    const reject = () => this.#later(5, () => reply(classifyAttempt(400)))
    if (isRepeat && kind === 'stubborn') return reject()
    const fault = this.#roll()
    if (fault !== undefined) {
      this.#tally.faults[fault] += 1
      this.#trace.note(`fault: ${fault}`, number)
    }
    const passOn = (then: (outcome: AttemptOutcome) => void) => {
      if (kind === 'poison') return this.#later(5, () => then(classifyAttempt(400)))
      posted.underWayCount += 1
      this.#processor.pay(payment, outcome => {
        this.#ended(posted, outcome)
        then(outcome)
      })
    }
    const passOnLater = (delayMs: number, then: (outcome: AttemptOutcome) => void) => {
      posted.underWayCount += 1
      this.#later(delayMs, () => {
        posted.underWayCount -= 1
        passOn(then)
      })
    }
    switch (fault) {
      case undefined:
        return passOn(reply)
      case 'repeat rejected':
        return isRepeat ? reject() : passOn(reply)
      case 'connection refused':
        return this.#later(2, () => reply(notReachable))
      case 'reset before the request was read':
        return this.#later(50, () => reply(lost))
      case 'reset after it was read':
        passOn(() => {})
        return this.#later(50, () => reply(lost))
      case 'request held up on its way':
        // The sender's timeout may have passed or not.
        return passOnLater(this.#plan.attemptTimeoutMs * 2, reply)
      case 'answer lost':
        return passOn(() => reply(lost))
      case 'slow body':
        return passOn(outcome => this.#later(this.#plan.attemptTimeoutMs * 2, () => reply(outcome)))
      case '429 at the door':
        return this.#later(2, () => reply(classifyAttempt(429, this.#prng.pick(retryAftersMs))))
      case '500 at the door':
        return this.#later(20, () => reply(classifyAttempt(500)))
      case '500 after the insert':
        return passOn(outcome => {
          if (outcome.kind !== 'recorded') return reply(outcome)
          this.#lied.add(number)
          reply(classifyAttempt(500))
        })
      case 'unlisted status on the way in':
        return this.#later(50, () => reply(this.#unlistedOutcome()))
      case 'unlisted status on the way out':
        return passOn(outcome => reply(outcome.kind === 'recorded' ? this.#unlistedOutcome() : outcome))
      case 'unlisted status, the insert later':
        passOnLater(insertLaterMs, () => {})
        return this.#later(50, () => reply(this.#unlistedOutcome()))
    }
  }

  #ended(posted: Posted, { kind }: AttemptOutcome): void {
    posted.underWayCount -= 1
    if (kind === 'duplicate') this.#lied.delete(posted.number)
    if (kind === 'recorded') posted.recordedAtMs = this.#world.nowMs
  }

  lookUp(correlationId: Uint8Array, reply: (outcome: LookupOutcome) => void): void {
    const { wayStatus } = this.weather
    if (wayStatus !== undefined) {
      const posted = this.#posted.of(correlationId)
      const status = this.#lied.has(posted.number) ? 503 : wayStatus
      if (status === 404 && posted.forgotten) posted.excused = true // As with a stale look-up below.
      return this.#later(5, () => reply(classifyLookup(status, '', correlationId)))
    }
    if (this.#prng.chance(this.weather.lookUpFailsChance)) {
      this.#tally.faults['look-up failed'] += 1
      return this.#later(50, () => reply({ kind: 'unknown', reason: 'the look-up answered 503' }))
    }
    this.#processor.lookUp(correlationId, outcome => {
      // The answer may be old by the time it arrives.
      const told = outcome.kind === 'found' ? this.#distorted(outcome, correlationId) : outcome
      if (this.weather === fairLine) reply(told)
      else this.#later(this.#prng.chance(0.1) ? 300 : 2, () => reply(told))
    })
  }

  #distorted(found: Found, correlationId: Uint8Array): LookupOutcome {
    const { lookUpStaleChance, lookUpLagMs, lookUpNonsenseChance } = this.weather
    const posted = this.#posted.of(correlationId)
    const mayBeStale = !this.#lied.has(posted.number)
    const isStale = mayBeStale && this.#prng.chance(lookUpStaleChance)
    if (isStale || (mayBeStale && this.#world.nowMs - posted.recordedAtMs < lookUpLagMs)) {
      this.#tally.faults['look-up stale'] += 1
      // However old the record is: a coordinator that believes it may charge again what one before it has charged.
      if (isStale && posted.forgotten) posted.excused = true
      return classifyLookup(404, '', correlationId)
    }
    if (!this.#prng.chance(lookUpNonsenseChance)) return found
    this.#tally.faults['look-up nonsense'] += 1
    posted.misled = true
    return classifyLookup(200, this.#prng.pick(nonsenses)({ ...found, correlationId }), correlationId)
  }

  health(reply: (outcome: HealthOutcome) => void): void {
    const { wayStatus, healthFailsChance } = this.weather
    if (wayStatus !== undefined) return this.#later(5, () => reply(classifyHealth(wayStatus, '')))
    if (this.healthIsStuck || this.weather.healthIsStuck) {
      this.#tally.faults['health stuck at failing'] += 1
      return this.#later(5, () => reply({ kind: 'answered', failing: true, minResponseTimeMs: 0 }))
    }
    if (!this.#prng.chance(healthFailsChance)) return this.#processor.health(reply)
    this.#tally.faults['health call failed'] += 1
    this.#later(100, () => reply({ kind: 'unknown', reason: 'the health endpoint answered 503' }))
  }

  /** Whether it is the repeat of an attempt whose answer was lost. */
  #isRepeat({ number, unsure }: Posted, requestedAtMs: number): boolean {
    const attempt = `${number} ${requestedAtMs}`
    // Two attempts that were refused within a millisecond look alike, too.
    const isRepeat = unsure && this.#seen.has(attempt)
    this.#seen.add(attempt)
    return isRepeat
  }

  #unlistedOutcome(): AttemptOutcome {
    return classifyAttempt(this.#prng.pick(unlistedStatuses))
  }

  #roll(): LineFault | undefined {
    for (const { kind, chance } of this.weather.faults) if (this.#prng.chance(chance)) return kind
    return undefined
  }

  #later(delayMsMax: number, run: () => void): void {
    this.#world.after(0.1 + this.#prng.unit() * delayMsMax, run)
  }
}

type Found = Extract<LookupOutcome, { readonly kind: 'found' }>

/** Bodies in place of that of a payment that is found. */
const nonsenses: readonly ((payment: ProcessorPayment) => string)[] = [
  payment => printPaymentBody({ ...payment, amountCents: payment.amountCents + 1 }),
  payment => printPaymentBody({ ...payment, requestedAtMs: 0 }),
  payment => printPaymentBody({ ...payment, requestedAtMs: payment.requestedAtMs - 43_211_000 }),
  payment => printPaymentBody({ ...payment, correlationId: new Uint8Array(16) }),
  payment => printPaymentBody(payment).replace(/"amount":[^,]*/, '"amount":1e400'),
  payment => printPaymentBody(payment).replace(/"amount":([^,]*)/, '"amount":"$1"'),
  payment => printPaymentBody(payment).replace(/T.*Z/, 'T25:61:61Z'),
  payment => printPaymentBody(payment).slice(0, -9),
  () => '<html>OK</html>',
  () => 'null',
]
