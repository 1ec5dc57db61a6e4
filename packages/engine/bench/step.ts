/**
 * What does one payment cost the engine: accepted, sent, recorded?
 *
 * Payments come in batches of three, as an API node sends them at a few hundred a second, and each attempt ends before the
 * next batch comes. Prints microseconds a payment of the whole, and the part that the ledger's facts take, measured by
 * applying the same facts to another ledger.
 *
 * Not measured: sockets, JSON, the channel, a backlog.
 *
 *   npx tsx packages/engine/bench/step.ts [PAYMENTS] [ROUNDS]
 */
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { Ledger } from '@rinha/ledger'
import { type Fact, paymentRecordBytes } from '@rinha/payment'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { Engine, type EngineEvent } from '../src/index.ts'

const paymentCount = Number(process.argv[2] ?? 300_000)
const roundCount = Number(process.argv[3] ?? 5)
const batchCount = 3

const newLedger = () =>
  new Ledger({ processorCount: 2, paymentCountMax: paymentCount + batchCount, hashSeed: 7 })

/** Microseconds a payment. `onFact` is what whoever keeps the facts does with them. */
function play(onFact?: (fact: Fact) => void): number {
  const engine = new Engine({
    lanes: ['default', 'fallback'].map((name, index) => ({
      name,
      feeBps: 500 + 1000 * index,
      fastMsMax: 100,
      auditGuardMs: 1500,
      circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
      limiter: { countInitial: 6, countMax: 100 },
      healthPollMs: 5000,
    })),
    policy: createPolicy('patient'),
    pace: paceDefaults,
    ledger: newLedger(),
    startedAt: { nowMs: 0, wallMs: 1 },
  })
  let nowMs = 0
  const tell = (event: EngineEvent) => {
    const step = engine.step(event, { nowMs, wallMs: 1_754_774_396_000 + nowMs })
    if (onFact !== undefined) for (const fact of step.facts) onFact(fact)
    return step.effects
  }
  const startMs = performance.now()
  for (let first = 0; first < paymentCount; first += batchCount) {
    nowMs += 10
    // A buffer of its own for each batch, as the socket gives one: the facts hold views of it.
    const effects = tell({ kind: 'accept', records: recordsFrom(first), count: batchCount })
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
  const stepMs = performance.now() - startMs
  const { settledCount } = engine.queueStatus(nowMs)
  if (settledCount < paymentCount) throw new Error(`only ${settledCount} payments are settled`)
  return (stepMs * 1000) / paymentCount
}

/** Microseconds a payment of the facts of a whole run, applied to another ledger. */
function follow(): number {
  const facts: Fact[] = []
  play(fact => facts.push(fact))
  const ledger = newLedger()
  const startMs = performance.now()
  for (const fact of facts) ledger.apply(fact)
  return ((performance.now() - startMs) * 1000) / paymentCount
}

function recordsFrom(first: number): Uint8Array {
  const records = new Uint8Array(batchCount * paymentRecordBytes)
  const view = new DataView(records.buffer)
  for (let index = 0; index < batchCount; index += 1) {
    view.setUint32(index * paymentRecordBytes, Math.imul(first + index, 0x9e3779b1))
    view.setUint32(index * paymentRecordBytes + 12, first + index)
    view.setUint32(index * paymentRecordBytes + 20, 1990)
  }
  return records
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const rounds = (round: () => number) => median(Array.from({ length: roundCount }, round))
const stepUs = rounds(() => play())
const applyUs = rounds(follow)
console.log(`${paymentCount} payments, medians of ${roundCount} rounds`)
console.log(`accept, send, record  ${stepUs.toFixed(2)} µs a payment`)
console.log(`of which facts        ${applyUs.toFixed(2)} µs, ${Math.round((applyUs / stepUs) * 100)} %`)
