import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import {
  absent,
  answered500,
  duplicate,
  found,
  lost,
  newLedger,
  noAnswer,
  recorded,
  rejected,
  TestEngine,
  unreachable,
} from './testing.ts'

const upToMs = ({ engine, time }: TestEngine) => engine.watermark.completeUpToMs(time)

/** The start of the second in which an instant lies: attempts that were refused are counted by seconds. */
const secondOf = (atMs: number) => Math.floor(atMs / 1000) * 1000

test('without an attempt whose outcome is open, all before now is final, and this millisecond is not', () => {
  const tested = new TestEngine()
  expect(upToMs(tested)).toBe(tested.wallMs - 1)
  tested.accept(1).endAttempt(recorded, 70)
  expect(upToMs(tested)).toBe(tested.wallMs - 1)
})

test('an attempt under way, and one whose answer was lost, hold it back for as long as they are open', () => {
  const tested = new TestEngine().accept(1)
  const sentAtMs = tested.wallMs
  tested.pass(50).accept(2).endAttempt(lost, 20)
  expect(upToMs(tested)).toBe(sentAtMs - 1)
  // Not found: the same attempt is made again.
  tested.endLookUp(absent)
  expect([upToMs(tested), tested.sends.length]).toEqual([sentAtMs - 1, 2])
  tested.endAttempt(recorded)
  expect(upToMs(tested)).toBe(sentAtMs - 1)
  tested.endAttempt(recorded)
  expect(upToMs(tested)).toBe(tested.wallMs - 1)
})

test('an attempt that nobody has read holds nothing back, and one that was read and refused does', () => {
  const tested = new TestEngine({ workerCount: 1 }).accept(1)
  tested.endAttempt(unreachable)
  tested.pass(5000)
  const sentAtMs = tested.attempts.at(-1)?.requestedAtMs ?? 0
  expect(upToMs(tested)).toBe(sentAtMs - 1)
  tested.endAttempt(answered500)
  tested.pass(5000)
  expect(upToMs(tested)).toBe(secondOf(sentAtMs) - 1)
})

test('a payment that is found under an earlier attempt of ours is not booked behind it', () => {
  const tested = new TestEngine({ processorCount: 1 }).accept(1)
  const first = tested.endAttempt(answered500).requestedAtMs
  tested.pass(3000)
  expect(tested.attempts).toHaveLength(2)
  const toldMs = upToMs(tested) ?? 0
  tested.endAttempt(duplicate)
  tested.endLookUp(found(first))
  expect(tested.state(1)).toBe('settled')
  expect(toldMs).toBeLessThan(first)
  expect(upToMs(tested)).toBe(tested.wallMs - 1)
})

test('a payment that is rejected, or forgotten by a purge, holds nothing back', () => {
  const tested = new TestEngine({ processorCount: 1 }).accept(1)
  tested.endAttempt(answered500)
  tested.pass(3000)
  tested.endAttempt(rejected)
  expect([tested.state(1), upToMs(tested)]).toEqual(['rejected', tested.wallMs - 1])
  tested.accept(2).endAttempt(answered500)
  tested.tell({ kind: 'purge' }).pass(100)
  expect(upToMs(tested)).toBe(tested.wallMs - 1)
})

test('the attempts that an earlier process has left hold it back', () => {
  const ledger = newLedger()
  const before = new TestEngine({ ledger }).accept(1, 2)
  const sentAtMs = before.wallMs
  before.endAttempt(answered500)
  before.pass(9000)
  const restored = newLedger()
  restored.restore(ledger.image())
  const after = new TestEngine({ ledger: restored, startedAtWallMs: before.wallMs })
  expect(upToMs(after)).toBe(secondOf(sentAtMs) - 1)
})

test('a wall clock that was set back is what it cannot pass', () => {
  const tested = new TestEngine().accept(1)
  tested.wallOffsetMs -= 60_000
  expect(upToMs(tested)).toBe(tested.wallMs - 1)
})

test('after a coordinator that left no journal nothing is final until none of its payments can be found any more', () => {
  const tested = new TestEngine({ predecessorMs: 60_000 }).tell({ kind: 'predecessor' })
  expect(upToMs(tested)).toBeNull()
  tested.accept(1)
  tested.endLookUp(absent)
  tested.endLookUp(absent)
  tested.pass(60_000)
  // It was sent, and the 422 to this attempt could still tell of an earlier one.
  expect([tested.state(1), upToMs(tested)]).toEqual(['inFlight', null])
  tested.endAttempt(recorded)
  expect(upToMs(tested)).toBe(tested.wallMs - 1)
})

test('whatever processors answer, and when, the sums up to an instant that was told never change', () => {
  const outcomes = [
    recorded,
    recorded,
    answered500,
    answered500,
    lost,
    lost,
    duplicate,
    rejected,
    unreachable,
  ]
  let [toldCount, lateCount] = [0, 0]
  for (let seed = 1; seed <= 10; seed += 1) {
    const prng = new Prng(seed)
    const tested = new TestEngine({ workerCount: 3 })
    const told: { readonly upToMs: number; readonly sums: string }[] = []
    const sumsUpTo = (atMs: number) => JSON.stringify(tested.engine.summary(null, atMs))
    for (let number = 1; number <= 120; number += 1) {
      if (number <= 60) tested.accept(number)
      if (tested.sends.length > 0 && prng.chance(0.7)) tested.endAttempt(prng.pick(outcomes))
      while (tested.lookUps.length > 0 && prng.chance(0.5)) answerLookUp(tested, prng)
      tested.tell({ kind: 'tick' }, prng.integer(1, 400))
      const { wallMs } = tested
      const atMs = upToMs(tested) ?? Number.NEGATIVE_INFINITY
      if (atMs < wallMs - 1) lateCount += 1
      told.push({ upToMs: atMs, sums: sumsUpTo(atMs) })
    }
    for (const { upToMs: atMs, sums } of told)
      expect([seed, atMs, sumsUpTo(atMs)]).toEqual([seed, atMs, sums])
    toldCount += told.length
  }
  expect([toldCount, lateCount > 250]).toEqual([1200, true])
})

/** Absent, no answer, or found under any attempt of ours at that processor. */
function answerLookUp(tested: TestEngine, prng: Prng): void {
  const [lookUp] = tested.lookUps
  const own = tested.attempts.filter(
    ({ correlationId, processor }) =>
      processor === lookUp?.processor && correlationId.join() === lookUp.correlationId.join(),
  )
  const isFound = own.length > 0 && prng.chance(0.5)
  tested.endLookUp(isFound ? found(prng.pick(own).requestedAtMs) : prng.pick([absent, noAnswer]))
}
