import { assert } from '@rinha/base'
import { Journal, Standby, type StreamLog, type StreamRecord } from '@rinha/journal'
import { SimulatedStream } from '@rinha/journal/simulated'
import { Ledger } from '@rinha/ledger'
import { type Fact, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { expect, test } from 'vitest'
import type { Posted } from '../posted.ts'
import { Process } from '../process.ts'
import { blamed, Facts } from '../testing.ts'
import { LogWatch } from './log-watch.ts'

/** A log with one leader, which a test makes write. */
function watching() {
  const facts = new Facts({ processorCount: 2 })
  const { world, trace, plan } = facts
  const watch = new LogWatch(plan, trace)
  const records: StreamRecord[] = []
  const stream = new SimulatedStream(world.stream(), (delayMs, run) => world.after(delayMs, run))
  stream.onStored = record => {
    records.push(record)
    watch.onStored(record)
  }
  const { timers } = new Process(world, 1)
  const pass = () => world.runUntil(world.nowMs + 500)
  const ledger = new Ledger({ processorCount: 2, paymentCountMax: 100, hashSeed: 1 })
  const id = new Uint8Array(16).fill(7)
  const options = { processors: ['default', 'fallback'], journalId: id, claimId: id, retryMs: 20 }
  const ports = { timers, onHalt: expect.fail, onOvertaken: expect.fail }
  const standby = new Standby(stream.connect(), options, ledger, ports)
  let log: StreamLog | undefined
  standby.lead(led => {
    log = led
  })
  pass()
  assert(log !== undefined, 'it leads')
  const journal = new Journal(log, standby.found, { segmentBytesMax: 100_000 }, timers)
  const write = (...written: Fact[]) => {
    for (const fact of written) {
      ledger.apply(fact)
      journal.append(fact)
    }
  }
  return { facts, watch, records, pass, write, led: { log, found: standby.found, ledger } }
}

function accepted({ correlationId, amountCents }: Posted): Fact {
  const records = new Uint8Array(paymentRecordBytes)
  writePaymentRecord(records, 0, correlationId, amountCents)
  return { kind: 'accepted', acceptedAtMs: 1, records }
}

const requestedAtMs = 1_754_774_396_000

test('an attempt may be made once for each intent that is stored; no other one may', () => {
  const { facts, watch, pass, write } = watching()
  const payment = facts.post()
  write(accepted(payment), { kind: 'sent', row: 0, processor: 1, requestedAtMs })
  const words = `leadership: payment ${payment.number} is sent, and the log has no intent of it`
  expect(watch.knows(payment.correlationId)).toBe(false)
  pass()
  expect(blamed(() => watch.checkIntent(payment, 1, requestedAtMs))).toBe('nothing')
  expect(blamed(() => watch.checkIntent(payment, 1, requestedAtMs))).toBe(words)
  expect(watch.knows(payment.correlationId)).toBe(true)
  expect(blamed(() => watch.checkIntent(payment, 0, requestedAtMs))).toBe(words)
  expect(blamed(() => watch.checkIntent(payment, 1, requestedAtMs + 1))).toBe(words)
})

test('a processor is polled as often as the log says', () => {
  const { watch, pass, write } = watching()
  write({ kind: 'polled', processor: 0 })
  pass()
  expect(blamed(() => watch.checkPoll(0))).toBe('nothing')
  const words = (processor: number) =>
    `poll: processor ${processor} is asked for its health, and the log has no intent of it`
  expect(blamed(() => watch.checkPoll(0))).toBe(words(0))
  expect(blamed(() => watch.checkPoll(1))).toBe(words(1))
})

test('an epoch has one leader, which begins with all that is in the log', () => {
  const { facts, watch, pass, write, led } = watching()
  const ledger = new Ledger({ processorCount: 2, paymentCountMax: 100, hashSeed: 1 })
  write(accepted(facts.post()))
  pass()
  expect(blamed(() => watch.onLed({ ...led, ledger }))).toBe(
    'leadership: a leader begins with 0, 0 open payments of 1, 1 open in the log',
  )
  const another = watching()
  expect(blamed(() => another.watch.onLed(another.led))).toBe('nothing')
  expect(blamed(() => another.watch.onLed(another.led))).toBe('leadership: epoch 1 has two leaders')
})

test('a log that contradicts itself is found', () => {
  const { facts, watch, records, pass, write } = watching()
  write(accepted(facts.post()))
  pass()
  const last = records.at(-1)
  assert(last !== undefined, 'the frame is stored')
  const words = blamed(() => watch.onStored({ ...last, sequence: last.sequence + 1 }))
  expect(words).toContain('the log has diverged')
})
