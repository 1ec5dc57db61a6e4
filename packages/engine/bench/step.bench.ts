import { Ledger } from '@rinha/ledger'
import { type Fact, paymentRecordBytes } from '@rinha/payment'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { bench, type Row, twoLanes, type Work } from '@rinha/testing/bench'
import { Engine, type EngineEvent, type WorkToken } from '../src/index.ts'

const paymentCount = 6000
/** As an API node sends them at a few hundred a second. */
const usualBatchCount = 3
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

/** A buffer of its own for each batch, as the socket gives one: the facts hold views of it. */
function batchesFrom(first: number, batchCount: number): readonly Uint8Array[] {
  const batches: Uint8Array[] = []
  for (let from = first; from < first + paymentCount; from += batchCount)
    batches.push(recordsFrom(from, batchCount))
  return batches
}

/**
 * Accepts, sends and records these batches, each before the next one comes; what waits for a pass leaves by a tick. Answers how
 * many steps that took.
 */
function play(
  engine: Engine,
  batches: readonly Uint8Array[],
  startMs: number,
  onFact?: (fact: Fact) => void,
): number {
  let nowMs = startMs
  let stepCount = 0
  let tokens: WorkToken[] = []
  const tell = (event: EngineEvent) => {
    stepCount += 1
    const step = engine.step(event, { nowMs, wallMs: wallMs + nowMs })
    if (onFact !== undefined) for (const fact of step.facts) onFact(fact)
    for (const effect of step.effects) {
      if (effect.kind === 'send') tokens.push(effect.token)
      else if (effect.kind === 'pollHealth')
        tell({ kind: 'healthPolled', processor: effect.processor, outcome: healthy })
    }
  }
  const settledBefore = engine.queueStatus(nowMs).settledCount
  for (const records of batches) {
    const count = records.length / paymentRecordBytes
    nowMs += 10
    tell({ kind: 'accept', records, count })
    while (tokens.length > 0 || engine.queuedCount > 0) {
      const ended = tokens
      tokens = []
      nowMs = ended.length > 0 ? nowMs + 2 : Math.max(nowMs, engine.wakeAtMs)
      if (ended.length === 0) tell({ kind: 'tick' })
      for (const token of ended) tell({ kind: 'attemptEnded', token, outcome: { kind: 'recorded' } })
    }
    nowMs += count
  }
  const settledCount = engine.queueStatus(nowMs).settledCount - settledBefore
  if (settledCount < paymentCount) throw new Error(`only ${settledCount} payments are settled`)
  return stepCount
}

const healthy = { kind: 'answered', failing: false, minResponseTimeMs: 0 } as const

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

function step(heldCount: number, batchCount: number): Work {
  const engine = engineOn(ledgerHolding(heldCount))
  let number = 0
  return {
    name: 'Engine.step',
    operationCount: paymentCount,
    prepare: () => {
      const batches = batchesFrom(number, batchCount)
      // In a batch of one each payment takes the longest.
      const startMs = number * 30
      number += paymentCount
      return () => play(engine, batches, startMs)
    },
  }
}

/** How many steps a payment takes: one when it comes, shared by its batch, one when its attempt ends, and its share of the ticks. */
function stepsOf(batchCount: number): number {
  return play(engineOn(ledgerHolding(0)), batchesFrom(0, batchCount), 0) / paymentCount
}

/** The same facts, applied to a ledger by themselves. */
const apply: Work = {
  name: 'Ledger.apply',
  operationCount: paymentCount,
  prepare: () => {
    const facts: Fact[] = []
    play(engineOn(ledgerHolding(0)), batchesFrom(0, usualBatchCount), 0, fact => facts.push(fact))
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

const row = (words: string, heldCount: number, batchCount: number): Row => ({
  name: `${words}: ${stepsOf(batchCount).toFixed(2)} steps a payment`,
  subject: step(heldCount, batchCount),
  primitive: map,
  ...(batchCount === usualBatchCount && { heldCount, targetUs: 2 }),
})

await bench({
  question: 'What does a payment cost the engine: accepted, sent, recorded?',
  notMeasured: 'sockets, JSON, the channel, a backlog; the buffers that payments come in',
  rows: isShort => [
    row('3 a turn, 10 k held', 10_000, usualBatchCount),
    row('60 a turn, 10 k held', 10_000, 60),
    ...(isShort
      ? []
      : [
          row('1 a turn, 10 k held', 10_000, 1),
          row('3 a turn, 100 k held', 100_000, usualBatchCount),
          row('3 a turn, 1 M held', 1_000_000, usualBatchCount),
          row('3 a turn, 5 M held', 5_000_000, usualBatchCount),
          { name: 'of which facts applied', subject: apply, primitive: map },
        ]),
  ],
})
