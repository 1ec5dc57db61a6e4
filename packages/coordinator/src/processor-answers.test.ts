import { Prng } from '@rinha/base'
import { Engine, type EngineEffect, type EngineEvent } from '@rinha/engine'
import { Ledger } from '@rinha/ledger'
import { type Fact, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { classifyAttempt, classifyHealth, classifyLookup, printPaymentBody } from '@rinha/processor'
import { createPolicy, paceDefaults } from '@rinha/routing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** The engine gets any answers that a processor may give, through the tables and readers that ship. */

type Send = Extract<EngineEffect, { readonly kind: 'send' }>
type Asked = Exclude<EngineEffect, { readonly kind: 'pollHealth' }>

interface Answer {
  readonly status: number
  readonly body: string
  readonly retryAfterMs: number | undefined
}

const amountCents = 1990
const openCountMax = 200
const documented = [200, 201, 400, 401, 404, 413, 415, 422, 429, 500]
const isDefinite = (status: number) =>
  (status >= 300 && status < 400) || [...documented, 403, 405, 407, 421, 426].includes(status)

/** Keeps a second record of what was sent to the processors and what they answered, and checks every step against it. */
class Tested {
  readonly #effects: EngineEffect[] = []
  readonly #sends: Send[][] = []
  /** By row: whether the answer to an attempt leaves it possible that the processor recorded it. */
  #lost: (Send | undefined)[] = []
  readonly #engine: Engine
  #time = { nowMs: 1000, wallMs: 1_754_774_396_000 }
  #number = 0
  settledCount = 0

  constructor() {
    const lane = (name: string, feeBps: number) => ({
      name,
      feeBps,
      fastMsMax: 100,
      auditGuardMs: 0,
      circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
      limiter: { countInitial: 6, countMax: 100 },
      healthPollMs: 5000,
    })
    this.#engine = new Engine({
      lanes: [lane('default', 500), lane('fallback', 1500)],
      policy: createPolicy('default-first', {}),
      pace: paceDefaults,
      ledger: new Ledger({ processorCount: 2, paymentCountMax: 1_000_000, hashSeed: 1 }),
      startedAt: this.#time,
    })
  }

  get waitingCount(): number {
    return this.#effects.length
  }

  /** The attempts of the payment that is asked about, oldest first. */
  sendsOf(effect: Asked): readonly Send[] {
    return this.#sends[rowOf(effect)] ?? []
  }

  pass(ms: number): void {
    this.#time = { nowMs: this.#time.nowMs + ms, wallMs: this.#time.wallMs + ms }
    if (this.#engine.openCount > openCountMax) this.#purge()
    const isRoomy = this.#engine.openCount < openCountMax
    if (isRoomy) this.#tell({ kind: 'accept', records: recordOf(this.#number++), count: 1 })
    else this.#tell({ kind: 'tick' })
  }

  /** Answers one of the open calls. */
  answer(index: number, answerTo: (effect: EngineEffect) => Answer): void {
    const [effect] = this.#effects.splice(index % this.#effects.length, 1)
    if (effect === undefined) return
    const { status, body, retryAfterMs } = answerTo(effect)
    if (effect.kind === 'pollHealth') {
      const { processor } = effect
      return this.#tell({ kind: 'healthPolled', processor, outcome: classifyHealth(status, body) })
    }
    const { token, correlationId } = effect
    if (effect.kind === 'lookUp')
      return this.#tell({ kind: 'lookUpEnded', token, outcome: classifyLookup(status, body, correlationId) })
    if (!isDefinite(status) && this.sendsOf(effect).includes(effect)) this.#lost[rowOf(effect)] = effect
    this.#tell({ kind: 'attemptEnded', token, outcome: classifyAttempt(status, retryAfterMs) }, status)
  }

  check(): void {
    this.#engine.checkInvariants()
    const totals = this.#engine.summary(null, null)
    for (const total of totals) expect(total.amountCents).toBe(total.count * amountCents)
  }

  /** Some payments can never end. So now and then a purge forgets all, and answers from before it come later. */
  #purge(): void {
    this.#tell({ kind: 'purge' })
    this.#sends.length = 0
    this.#lost = []
    this.#number = 0
  }

  #tell(event: EngineEvent, status?: number): void {
    const { facts, effects } = this.#engine.step(event, this.#time)
    for (const fact of facts) this.#see(fact, status)
    for (const effect of effects) {
      this.#effects.push(effect)
      if (effect.kind === 'send') this.#onSend(effect)
    }
  }

  #see(fact: Fact, status: number | undefined): void {
    if (fact.kind === 'rejected') expect([400, 413, 415, 422]).toContain(status)
    if (fact.kind !== 'settled') return
    this.settledCount += 1
    const ours = this.#sends[fact.row]?.some(
      ({ processor, requestedAtMs }) => processor === fact.processor && requestedAtMs === fact.requestedAtMs,
    )
    expect(ours, `row ${fact.row} is settled under an attempt of ours`).toBe(true)
  }

  #onSend(effect: Send): void {
    const row = rowOf(effect)
    const { processor, requestedAtMs } = this.#lost[row] ?? effect
    expect([effect.processor, effect.requestedAtMs], 'what was lost is repeated').toEqual([
      processor,
      requestedAtMs,
    ])
    this.#sends[row] = [...(this.#sends[row] ?? []), effect]
  }
}

/** Ids are numbered as rows are. */
function rowOf({ correlationId }: Asked): number {
  return new DataView(correlationId.buffer, correlationId.byteOffset).getUint32(12)
}

function recordOf(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, number)
  const record = new Uint8Array(paymentRecordBytes)
  writePaymentRecord(record, 0, id, amountCents)
  return record
}

const distortions: readonly ((body: string) => string)[] = [
  body => body,
  body => body,
  body => body.replace('19.90', '19.91'),
  body => body.replace('19.90', '"19.90"'),
  body => body.replace('19.90', '1e400'),
  body => body.replace(/"requestedAt":"[^"]*"/, '"requestedAt":"1970-01-01T00:00:00Z"'),
  body => body.replace(/"requestedAt":"[^"]*"/, '"requestedAt":"9999-12-31T23:59:59.999999999-23:59"'),
  body => body.replace(/"requestedAt":"[^"]*"/, '"requestedAt":"0000-01-01T00:00:00Z"'),
  body => body.replace(/(\d{3})Z/, '$1'),
  body => body.replace(/\d(\d{2})Z/, '9$1Z'),
  body => body.replace('0000', 'ffff'),
  body => body.slice(1),
  body => `[${body}]`,
  () => '',
  () => 'null',
  () => '{"__proto__":{"correlationId":1}}',
]
const healths = [
  '{"failing":false,"minResponseTime":0}',
  '{"failing":true,"minResponseTime":5000}',
  '{"failing":false,"minResponseTime":9007199254740991}',
  '{"failing":false,"minResponseTime":1e400}',
  '{"failing":false,"minResponseTime":-1}',
  '{"failing":1}',
  '<html>',
]

/** The answer of a processor that is sometimes sound and sometimes nonsense. */
function drawAnswer(prng: Prng, tested: Tested, effect: EngineEffect): Answer {
  const status = prng.chance(0.8) ? prng.pick(documented) : prng.integer(0, 999)
  const retryAfterMs = prng.pick([undefined, undefined, 0, 200, 1e15])
  if (effect.kind === 'pollHealth') return { status: 200, body: prng.pick(healths), retryAfterMs }
  const sends = tested.sendsOf(effect)
  const body = sends.length === 0 ? '' : prng.pick(distortions)(printPaymentBody(prng.pick(sends)))
  return {
    status: effect.kind === 'lookUp' ? prng.pick([200, 200, 404, status]) : status,
    body,
    retryAfterMs,
  }
}

test('100,000 answers, many of them nonsense: no assertion fails, and no record that is not ours is booked', () => {
  const [prng, tested] = [new Prng(16), new Tested()]
  for (let count = 0; count < 100_000; ) {
    tested.pass(prng.integer(0, 40))
    for (let more = prng.integer(0, 8); more > 0 && tested.waitingCount > 0; more -= 1) {
      tested.answer(prng.integer(0, 1000), effect => drawAnswer(prng, tested, effect))
      count += 1
      if (count % 5000 === 0) tested.check()
    }
  }
  tested.check()
  expect(tested.settledCount).toBeGreaterThan(5000)
}, 120_000)

const answers = fc.record({
  index: fc.nat(1000),
  passMs: fc.nat(300),
  status: fc.oneof(fc.nat(999), fc.constantFrom(...documented)),
  body: fc.oneof(fc.json(), fc.string(), fc.constantFrom(...healths)),
  retryAfterMs: fc.option(fc.double({ min: 0, noNaN: true }), { nil: undefined }),
})

test('any JSON with any status, to any call, in any order: no assertion fails, and the invariants hold', () => {
  fc.assert(
    fc.property(fc.array(answers, { maxLength: 60 }), list => {
      const tested = new Tested()
      for (const { index, passMs, ...answer } of list) {
        tested.pass(passMs)
        if (tested.waitingCount > 0) tested.answer(index, () => answer)
      }
      tested.check()
    }),
  )
})
