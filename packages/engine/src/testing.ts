import type { Archive } from '@rinha/archive'
import type { Time } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import {
  type AttemptOutcome,
  type Fact,
  type HealthOutcome,
  type LookupOutcome,
  paymentRecordBytes,
  writePaymentRecord,
} from '@rinha/payment'
import { createPolicy, type PolicyName, type PolicyParameters, paceDefaults } from '@rinha/routing'
import { Engine } from './engine.ts'
import type { EngineEffect, EngineEvent, Step, WorkToken } from './events.ts'

/** Payments on the wire, as the engine takes them: number n has the id …n and `amountCents`. */
export function records(numbers: readonly number[], amountCents = 1990): Uint8Array {
  const bytes = new Uint8Array(numbers.length * paymentRecordBytes)
  numbers.forEach((number, index) => {
    writePaymentRecord(bytes, index * paymentRecordBytes, correlationId(number), amountCents)
  })
  return bytes
}

export function correlationId(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, number)
  return id
}

export type Send = Extract<EngineEffect, { kind: 'send' }>
export type LookUp = Extract<EngineEffect, { kind: 'lookUp' }>

export const recorded: AttemptOutcome = { kind: 'recorded' }
export const duplicate: AttemptOutcome = { kind: 'duplicate' }
export const answered500: AttemptOutcome = { kind: 'refused', sent: true, pushedBack: false, reason: '500' }
export const wrongWay: AttemptOutcome = {
  kind: 'refused',
  sent: true,
  pushedBack: false,
  reason: 'the processor answered 404',
  wayStatus: 404,
}
export const unreachable: AttemptOutcome = {
  kind: 'refused',
  sent: false,
  pushedBack: false,
  reason: 'ECONNREFUSED',
}
export const pushedBack: AttemptOutcome = { kind: 'refused', sent: false, pushedBack: true, reason: '429' }
export const lost: AttemptOutcome = { kind: 'unknown', reason: 'timeout' }
export const rejected: AttemptOutcome = { kind: 'rejected', reason: 'the processor answered 400' }
export const absent: LookupOutcome = { kind: 'absent' }
export const noAnswer: LookupOutcome = { kind: 'unknown', reason: 'timeout' }
export const found = (requestedAtMs: number, amountCents = 1990): LookupOutcome => ({
  kind: 'found',
  requestedAtMs,
  amountCents,
})
export const healthy: HealthOutcome = { kind: 'answered', failing: false, minResponseTimeMs: 0 }
export const failing: HealthOutcome = { kind: 'answered', failing: true, minResponseTimeMs: 0 }

const healthPollMs = 5000
/** How long the engine has run when a test gets it. */
export const startMs = healthPollMs + 100

export interface TestEngineOptions {
  readonly processorCount?: number
  readonly workerCount?: number
  readonly policy?: PolicyName
  readonly parameters?: PolicyParameters
  readonly auditGuardMs?: number
  readonly paymentCountMax?: number
  readonly predecessorMs?: number
  /** Of the predecessor's attempts. Where it is missing, all that they may have left is over when a test gets its engine. */
  readonly attemptTimeoutMs?: number
  readonly archive?: Archive
  readonly pollsHealth?: boolean
  readonly retainMs?: number
  /** The pause between two passes over the queue; none where it is missing. */
  readonly tickMsMax?: number
  /** The ledger that an earlier process has left. */
  readonly ledger?: Ledger
  /** The wall clock when it starts. */
  readonly startedAtWallMs?: number
}

/**
 * An engine that tests drive: they tell it events at times of their choosing and read what it asks for. Invariants are
 * checked after every step.
 */
export class TestEngine {
  readonly engine: Engine
  /** The facts that the engine has decided. */
  readonly facts: Fact[] = []
  /** The facts of the last step. */
  conflicts: Step['conflicts'] = []
  nowMs = 1_000_000
  /** The wall clock is a very different number, so that a test fails if code confuses the two clocks. */
  wallOffsetMs = 800_000_000
  /** The effects that were asked for and not answered yet, in order. */
  readonly sends: Send[] = []
  readonly lookUps: LookUp[] = []
  /** Every attempt it asked for. */
  readonly attempts: Send[] = []
  readonly polls: number[] = []

  constructor({
    processorCount = 2,
    workerCount = 6,
    policy = 'default-first',
    parameters = {},
    auditGuardMs = 0,
    paymentCountMax = 1000,
    predecessorMs = 0,
    attemptTimeoutMs = 0,
    archive,
    pollsHealth = true,
    retainMs = 0,
    tickMsMax = 0,
    ledger = newLedger(paymentCountMax, processorCount),
    startedAtWallMs = this.wallMs,
  }: TestEngineOptions = {}) {
    this.wallOffsetMs = startedAtWallMs - this.nowMs
    this.engine = new Engine({
      lanes: Array.from({ length: processorCount }, (_, index) => ({
        name: ['default', 'fallback', 'third'][index] ?? `processor-${index}`,
        feeBps: 500 + 1000 * index,
        fastMsMax: 100,
        auditGuardMs,
        circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
        limiter: { countInitial: workerCount, countMax: 200 },
        healthPollMs,
      })),
      policy: createPolicy(policy, parameters),
      pace: { ...paceDefaults, tickMsMax },
      predecessor: { spanMs: predecessorMs, attemptTimeoutMs },
      archive,
      pollsHealth,
      retainMs,
      ledger,
      startedAt: this.time,
    })
    // It has run for one pause between polls, which is a little longer for the cheapest: the first poll is due.
    this.tell({ kind: 'tick' })
    this.nowMs += startMs
  }

  get wallMs(): number {
    return this.nowMs + this.wallOffsetMs
  }

  get time(): Time {
    return { nowMs: this.nowMs, wallMs: this.wallMs }
  }

  tell(event: EngineEvent, afterMs = 0): this {
    this.nowMs += afterMs
    const { facts, effects, conflicts } = this.engine.step(event, this.time)
    this.conflicts = conflicts
    for (const fact of facts)
      this.facts.push(fact.kind === 'accepted' ? { ...fact, records: fact.records.slice() } : fact)
    for (const effect of effects) {
      if (effect.kind === 'send') {
        this.sends.push(effect)
        this.attempts.push(effect)
      } else if (effect.kind === 'lookUp') this.lookUps.push(effect)
      else this.polls.push(effect.processor)
    }
    this.engine.checkInvariants()
    return this
  }

  /** Lets leave what should leave, a slice after the other. */
  retire(): this {
    for (;;) {
      const retirement = this.engine.retention.next(this.time)
      if (retirement === undefined) return this
      this.tell({ kind: 'retire', retirement })
    }
  }

  accept(...numbers: number[]): this {
    return this.tell({ kind: 'accept', records: records(numbers), count: numbers.length })
  }

  acceptAmount(amountCents: number, ...numbers: number[]): this {
    const event = { kind: 'accept', records: records(numbers, amountCents), count: numbers.length } as const
    return this.tell(event)
  }

  /** Lets time pass in ticks, as a timer would. */
  pass(ms: number): this {
    const untilMs = this.nowMs + ms
    while (this.nowMs < untilMs) {
      const wakeAtMs = Math.max(this.engine.wakeAtMs, this.nowMs + 1)
      this.tell({ kind: 'tick' }, Math.min(wakeAtMs, untilMs) - this.nowMs)
    }
    return this
  }

  /** Ends the oldest attempt under way, at `processor` where one is given; answers with what it was. */
  endAttempt(outcome: AttemptOutcome, afterMs = 1, processor?: number): Send {
    const index = this.sends.findIndex(({ processor: at }) => processor === undefined || at === processor)
    const send = index < 0 ? undefined : this.sends.splice(index, 1)[0]
    if (send === undefined) throw new Error('no attempt is under way')
    this.tell({ kind: 'attemptEnded', token: send.token, outcome }, afterMs)
    return send
  }

  endLookUp(outcome: LookupOutcome, afterMs = 1): LookUp {
    const lookUp = this.lookUps.shift()
    if (lookUp === undefined) throw new Error('no look-up is under way')
    this.tell({ kind: 'lookUpEnded', token: lookUp.token, outcome }, afterMs)
    return lookUp
  }

  endPoll(outcome: HealthOutcome, processor = 0): this {
    // The polls of the dearer processors start a little later.
    for (let waitedMs = 0; waitedMs < 1000 && !this.polls.includes(processor); waitedMs += 5) this.pass(5)
    const index = this.polls.indexOf(processor)
    if (index < 0) throw new Error(`processor ${processor} is not being polled`)
    this.polls.splice(index, 1)
    return this.tell({ kind: 'healthPolled', processor, outcome })
  }

  /** Lets time pass until the processor is polled again, and answers. */
  endPollLater(outcome: HealthOutcome, processor: number): this {
    while (!this.polls.includes(processor)) this.pass(5)
    return this.endPoll(outcome, processor)
  }

  answerAgain(token: WorkToken, outcome: AttemptOutcome): this {
    return this.tell({ kind: 'attemptEnded', token, outcome })
  }

  state(number: number): string {
    return this.engine.status(correlationId(number)).state
  }
}

export function newLedger(paymentCountMax = 1000, processorCount = 2): Ledger {
  return new Ledger({ processorCount, paymentCountMax, hashSeed: 42 })
}
