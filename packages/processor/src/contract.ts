import { assert } from '@rinha/base'
import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import type { ProcessorClient, ProcessorPayment } from './port.ts'

/**
 * What every implementation of {@link ProcessorClient} promises, as checks that throw where one does not. An
 * implementation's tests give them a harness: a client, and hold of the processor behind it. The port takes callbacks;
 * {@link promising} makes promises of them for the checks, and looks at each that it is called once, and not from within
 * the call.
 *
 * Without such a suite, a simulation could model a processor that does not exist.
 */
export interface ContractHarness {
  /** Attempts, look-ups and health calls of it time out within a second. */
  readonly client: PromisingClient
  /** How the processor behaves from now on; at first `well`. */
  behave(behavior: ProcessorBehavior): Promise<void>
  /** Payments the processor has recorded. */
  recordedCount(): number
}

/**
 * - `well`: records and answers; health says `{failing: false, minResponseTimeMs: 7}`
 * - `failing`: reads payments and answers 500, recording nothing; look-ups work; health says failing
 * - `limiting`: answers 429 to payments and look-ups
 * - `rejecting`: answers 400 to payments
 * - `cutting`: records payments, and cuts the connection in place of an answer; look-ups work
 * - `silent`: records payments and never answers anything
 * - `down`: nothing listens
 */
export type ProcessorBehavior = 'well' | 'failing' | 'limiting' | 'rejecting' | 'cutting' | 'silent' | 'down'

export interface ContractCheck {
  readonly name: string
  run(harness: ContractHarness): Promise<void>
}

export const processorContract: readonly ContractCheck[] = [
  {
    name: 'a payment is recorded, and found under the amount and requestedAt that were sent',
    async run({ client, recordedCount }) {
      expectOutcome(await client.pay(payment(1)), { kind: 'recorded' })
      expectOutcome(await client.lookUp(payment(1).correlationId), found(payment(1)))
      assert(recordedCount() === 1, 'one payment is recorded')
    },
  },
  {
    name: 'an id that is there is a duplicate, and what was booked first stays',
    async run({ client, recordedCount }) {
      await client.pay(payment(1))
      const later = { ...payment(1), requestedAtMs: payment(1).requestedAtMs + 5000 }
      expectOutcome(await client.pay(later), { kind: 'duplicate' })
      expectOutcome(await client.lookUp(later.correlationId), found(payment(1)))
      assert(recordedCount() === 1, 'a duplicate is not recorded')
    },
  },
  {
    name: 'an id that was never sent is absent',
    async run({ client }) {
      await client.pay(payment(1))
      expectOutcome(await client.lookUp(payment(2).correlationId), { kind: 'absent' })
    },
  },
  {
    name: 'a failing processor refuses what it read, records nothing, and is well again afterwards',
    async run({ client, behave, recordedCount }) {
      await behave('failing')
      expectRefused(await client.pay(payment(1)), { sent: true, pushedBack: false })
      expectOutcome(await client.lookUp(payment(1).correlationId), { kind: 'absent' })
      assert(recordedCount() === 0, 'nothing is recorded')
      await behave('well')
      expectOutcome(await client.pay(payment(1)), { kind: 'recorded' })
    },
  },
  {
    name: 'a limiting processor refuses what it did not read, and its look-ups tell nothing',
    async run({ client, behave, recordedCount }) {
      await behave('limiting')
      expectRefused(await client.pay(payment(1)), { sent: false, pushedBack: true })
      expectUnknown(await client.lookUp(payment(1).correlationId))
      assert(recordedCount() === 0, 'nothing is recorded')
    },
  },
  {
    name: 'a payment that will never be taken is rejected, with a reason',
    async run({ client, behave, recordedCount }) {
      await behave('rejecting')
      const outcome = await client.pay(payment(1))
      assert(outcome.kind === 'rejected' && outcome.reason !== '', `rejected, got ${JSON.stringify(outcome)}`)
      assert(recordedCount() === 0, 'nothing is recorded')
    },
  },
  {
    name: 'a connection cut after the payment was read leaves the outcome unknown, and a look-up tells it',
    async run({ client, behave, recordedCount }) {
      await behave('cutting')
      expectUnknown(await client.pay(payment(1)))
      assert(recordedCount() === 1, 'the payment is recorded')
      expectOutcome(await client.lookUp(payment(1).correlationId), found(payment(1)))
    },
  },
  {
    name: 'an answer that does not come leaves everything unknown, in the end',
    async run({ client, behave }) {
      await behave('silent')
      const outcomes = [client.pay(payment(1)), client.lookUp(payment(1).correlationId), client.health()]
      for (const outcome of await Promise.all(outcomes)) expectUnknown(outcome)
    },
  },
  {
    name: 'a processor that is down refuses what was never sent, and serves once it is up',
    async run({ client, behave, recordedCount }) {
      await client.pay(payment(1))
      await behave('down')
      expectRefused(await client.pay(payment(2)), { sent: false, pushedBack: false })
      expectUnknown(await client.lookUp(payment(2).correlationId))
      expectUnknown(await client.health())
      await behave('well')
      expectOutcome(await client.pay(payment(2)), { kind: 'recorded' })
      assert(recordedCount() === 2, 'both payments are recorded')
    },
  },
  {
    name: 'health tells whether it fails and how long an answer takes at least',
    async run({ client, behave }) {
      expectOutcome(await client.health(), { kind: 'answered', failing: false, minResponseTimeMs: 7 })
      await behave('failing')
      expectOutcome(await client.health(), { kind: 'answered', failing: true, minResponseTimeMs: 7 })
    },
  },
  {
    name: 'attempts made at once have each their own outcome',
    async run({ client, recordedCount }) {
      await client.pay(payment(3))
      const outcomes = await Promise.all([1, 2, 3, 4].map(number => client.pay(payment(number))))
      const kinds = outcomes.map(({ kind }) => kind).join(' ')
      assert(kinds === 'recorded recorded duplicate recorded', `one duplicate, got ${kinds}`)
      assert(recordedCount() === 4, 'each is recorded once')
    },
  },
]

/** A client whose outcomes a test awaits. */
export interface PromisingClient {
  pay(payment: ProcessorPayment): Promise<AttemptOutcome>
  lookUp(correlationId: Uint8Array): Promise<LookupOutcome>
  health(): Promise<HealthOutcome>
}

/** Rejects where a call is ended from within itself, or twice. */
export function promising(client: ProcessorClient): PromisingClient {
  return {
    pay: payment => ended(done => client.pay(payment, done)),
    lookUp: correlationId => ended(done => client.lookUp(correlationId, done)),
    health: () => ended(done => client.health(done)),
  }
}

function ended<Outcome>(call: (done: (outcome: Outcome) => void) => void): Promise<Outcome> {
  return new Promise(resolve => {
    let state: 'calling' | 'under way' | 'over' = 'calling'
    call(outcome => {
      assert(state === 'under way', 'a call is ended once, and after it has returned')
      state = 'over'
      resolve(outcome)
    })
    state = 'under way'
  })
}

function payment(number: number): ProcessorPayment {
  const correlationId = new Uint8Array(16).fill(0xab)
  correlationId[15] = number
  return {
    correlationId,
    amountCents: 1990 + number,
    requestedAtMs: Date.UTC(2025, 7, 9, 21, 19, 56, 120 + number),
  }
}

function found({ requestedAtMs, amountCents }: ProcessorPayment): LookupOutcome {
  return { kind: 'found', requestedAtMs, amountCents }
}

type Outcome = AttemptOutcome | LookupOutcome | HealthOutcome

function expectOutcome(outcome: Outcome, expected: Outcome): void {
  const equal = JSON.stringify(sorted(outcome)) === JSON.stringify(sorted(expected))
  assert(equal, `expected ${JSON.stringify(expected)}, got ${JSON.stringify(outcome)}`)
}

function sorted(outcome: Outcome): [string, unknown][] {
  return Object.entries(outcome).sort(([a], [b]) => (a < b ? -1 : 1))
}

function expectRefused(
  outcome: Outcome,
  { sent, pushedBack }: { readonly sent: boolean; readonly pushedBack: boolean },
): void {
  const reason = 'reason' in outcome ? outcome.reason : ''
  assert(reason !== '', `expected a reason, got ${JSON.stringify(outcome)}`)
  expectOutcome(outcome, { kind: 'refused', sent, pushedBack, reason })
}

function expectUnknown(outcome: Outcome): void {
  const isUnknown = outcome.kind === 'unknown' && outcome.reason !== ''
  assert(isUnknown, `expected unknown with a reason, got ${JSON.stringify(outcome)}`)
}
