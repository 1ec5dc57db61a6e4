import { Ledger } from '@rinha/ledger'
import { type Fact, paymentRecordBytes } from '@rinha/payment'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { bench, type Row, twoLanes, type Work } from '@rinha/testing/bench'
import { Engine, type EngineEvent } from '../src/index.ts'

const paymentCount = 6000
const batchCount = 3
const wallMs = 1_754_774_396_000

/** Settled payments that the ledger holds before the first one of the bench. */
function ledgerHolding(heldCount: number): Ledger {
  const ledger = new Ledger({ processorCount: 2, paymentCountMax: 6_000_000, hashSeed: 7 })
  for (let row = 0; row < heldCount; row += 1) {
    ledger.apply({ kind: 'accepted', acceptedAtMs: wallMs, records: recordsFrom(2 ** 24 + row, 1) })
    const attempt = { row, processor: row & 1, requestedAtMs: wallMs - (heldCount - row) * 3 }
    ledger.apply({ kind: 'sent', ...attempt })
    ledger.apply({ kind: 'settled', ...attempt })
  }
  return ledger
}

const engineOn = (ledger: Ledger) =>
  new Engine({
    lanes: twoLanes,
    policy: createPolicy('patient'),
    pace: paceDefaults,
    ledger,
    startedAt: { nowMs: 0, wallMs },
  })

/**
 * Accepts, sends and records {@link paymentCount} payments, from the one with this number on. They come in batches of three, as
 * an API node sends them at a few hundred a second, and each attempt ends before the next batch comes.
 */
function play(engine: Engine, firstNumber: number, onFact?: (fact: Fact) => void): void {
  let nowMs = firstNumber * 4
  const tell = (event: EngineEvent) => {
    const step = engine.step(event, { nowMs, wallMs: wallMs + nowMs })
    if (onFact !== undefined) for (const fact of step.facts) onFact(fact)
    return step.effects
  }
  const settledBefore = engine.queueStatus(nowMs).settledCount
  for (let first = firstNumber; first < firstNumber + paymentCount; first += batchCount) {
    nowMs += 10
    // A buffer of its own for each batch, as the socket gives one: the facts hold views of it.
    const effects = tell({ kind: 'accept', records: recordsFrom(first, batchCount), count: batchCount })
    nowMs += 2
    for (const effect of effects) {
      if (effect.kind === 'send')
        tell({ kind: 'attemptEnded', token: effect.token, outcome: { kind: 'recorded' } })
      else if (effect.kind === 'pollHealth')
        tell({
          kind: 'healthPolled',
          processor: effect.processor,
          outcome: { kind: 'answered', failing: false, minResponseTimeMs: 0 },
        })
    }
  }
  const settledCount = engine.queueStatus(nowMs).settledCount - settledBefore
  if (settledCount < paymentCount) throw new Error(`only ${settledCount} payments are settled`)
}

function recordsFrom(first: number, count: number): Uint8Array {
  const records = new Uint8Array(count * paymentRecordBytes)
  const view = new DataView(records.buffer)
  for (let index = 0; index < count; index += 1) {
    view.setUint32(index * paymentRecordBytes, Math.imul(first + index, 0x9e3779b1))
    view.setUint32(index * paymentRecordBytes + 12, first + index)
    view.setUint32(index * paymentRecordBytes + 20, 1990)
  }
  return records
}

function step(heldCount: number): Work {
  const engine = engineOn(ledgerHolding(heldCount))
  let number = 0
  return {
    name: 'Engine.step',
    operationCount: paymentCount,
    prepare: () => {
      const first = number
      number += paymentCount
      return () => play(engine, first)
    },
  }
}

/** Applies the same facts to a ledger alone, without an engine. */
const apply: Work = {
  name: 'Ledger.apply',
  operationCount: paymentCount,
  prepare: () => {
    const facts: Fact[] = []
    play(engineOn(ledgerHolding(0)), 0, fact => facts.push(fact))
    const ledger = ledgerHolding(0)
    return () => {
      for (const fact of facts) ledger.apply(fact)
    }
  },
}

/** What the books of a payment would cost in a Map: found to be new, put in, changed twice. */
const map: Work = {
  name: 'a Map: get, set, two changes',
  operationCount: paymentCount,
  prepare: () => {
    const ids = Array.from({ length: paymentCount }, (_, index) => `4a7901b8-7d26-4d9d-${index}`)
    return () => {
      const rows = new Map<string, { amountCents: number; state: number; requestedAtMs: number }>()
      for (const id of ids) {
        if (!rows.has(id)) rows.set(id, { amountCents: 1990, state: 0, requestedAtMs: 0 })
        const row = rows.get(id)
        if (row === undefined) throw new Error('it was put in')
        row.state = 1
        row.requestedAtMs = wallMs
        row.state = 2
      }
      return rows.size
    }
  },
}

const held = (count: number, words: string): Row => ({
  name: `step, ${words} held`,
  subject: step(count),
  primitive: map,
  heldCount: count,
  targetUs: 2,
})

await bench({
  question: 'What does a payment cost the engine: accepted, sent, recorded?',
  notMeasured: 'sockets, JSON, the channel, a backlog',
  rows: isShort => [
    held(10_000, '10 k'),
    ...(isShort ? [] : [held(100_000, '100 k'), held(1_000_000, '1 M'), held(5_000_000, '5 M')]),
    { name: 'of which facts applied', subject: apply, primitive: map },
  ],
})
