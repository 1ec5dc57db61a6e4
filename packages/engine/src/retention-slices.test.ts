import type { Archive } from '@rinha/archive'
import { MemoryArchive } from '@rinha/archive/memory'
import { expect, test } from 'vitest'
import { keptMsMin, retiredRowCountMax } from './limits.ts'
import { Retention } from './retention.ts'
import { newLedger, records } from './testing.ts'

const hourMs = 3_600_000
const startMs = 1_700_000_000_000

/** So many payments, accepted together at the start. They are kept for an hour. */
function accepted(count: number, paymentCountMax: number, archive?: Archive) {
  const ledger = newLedger(paymentCountMax)
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  ledger.apply({ kind: 'accepted', acceptedAtMs: startMs, records: records(numbers) })
  const startedAt = { nowMs: 0, wallMs: startMs }
  const retention = new Retention(ledger, { retainMs: hourMs, startedAt, archive })
  /** Those from one row to before another settle, with this requestedAt after the start. */
  const settle = (from: number, to: number, afterMs: number) => {
    for (let row = from; row < to; row += 1) {
      const attempt = { row, processor: 0, requestedAtMs: startMs + afterMs }
      ledger.apply({ kind: 'sent', ...attempt })
      ledger.apply({ kind: 'settled', ...attempt })
    }
  }
  /**
   * Lets leave what may leave so long after the start, by a wall clock that was set by so much. Answers, for each step, the first row
   * and what has left.
   */
  const retire = (afterMs: number, setByMs = 0) => {
    const steps: [firstRow: number, leftCount: number][] = []
    for (;;) {
      const retirement = retention.next({ nowMs: afterMs, wallMs: startMs + afterMs + setByMs })
      if (retirement === undefined) return steps
      ledger.apply({ kind: 'retired', ...retirement })
      ledger.checkInvariants()
      steps.push([ledger.firstRow, ledger.left.count])
    }
  }
  return { ledger, settle, retire }
}

test('payments that have settled long after they were accepted stay in their rows until they leave', () => {
  const { settle, retire } = accepted(56, 64)
  settle(0, 56, 30_000)
  expect(retire(keptMsMin + 2000)).toEqual([])
  expect(retire(keptMsMin + 31_000)).toEqual([[56, 56]])
})

test('payments that stay are passed over only for one behind them that leaves', () => {
  const { ledger, settle, retire } = accepted(1500, 10_000)
  for (let row = 0; row < 1400; row += 1) ledger.apply({ kind: 'rejected', row, reason: 'no' })
  settle(1400, 1410, hourMs)
  settle(1410, 1420, 5)
  const oldMs = hourMs + keptMsMin + 2000
  expect(retire(oldMs)).toEqual([])
  ledger.apply({ kind: 'discarded', row: 1399 })
  expect(retire(oldMs)).toEqual([
    [retiredRowCountMax, 0],
    [1420, 11],
  ])
  expect(retire(3 * hourMs)).toEqual([[1420, 21]])
})

test('of those that had stayed behind, what has settled in one second leaves together', () => {
  const { settle, retire } = accepted(40, 1000)
  settle(39, 40, 5)
  const oldMs = hourMs + keptMsMin + 2000
  expect(retire(oldMs)).toEqual([[40, 1]])
  for (const [index, afterMs] of [100, 200, 1500, 2000, 2999, 3000].entries())
    settle(index * 6, index * 6 + 6, hourMs + afterMs)
  expect(retire(oldMs)).toEqual([])
  expect(retire(3 * hourMs).map(([, leftCount]) => leftCount)).toEqual([13, 19, 31, 37])
})

test('a wall clock that is set back delays nobody: neither those from before, nor those from after', () => {
  const { ledger, settle, retire } = accepted(10, 64)
  settle(0, 10, 5)
  const setByMs = -24 * hourMs
  expect(retire(1000, setByMs)).toEqual([])
  ledger.apply({ kind: 'accepted', acceptedAtMs: startMs + 2000 + setByMs, records: records([101, 102]) })
  settle(10, 12, 2000 + setByMs)
  expect(retire(hourMs, setByMs)).toEqual([])
  expect(retire(hourMs + 1000, setByMs)).toEqual([[10, 10]])
  expect(retire(hourMs + 3000, setByMs)).toEqual([[12, 12]])
})

test('nor does it where room is short', () => {
  const { settle, retire } = accepted(56, 64)
  settle(0, 56, 5)
  expect(retire(1000, -24 * hourMs)).toEqual([])
  expect(retire(keptMsMin + 1000, -24 * hourMs)).toEqual([[56, 56]])
})

test('in the last sixteenth of the room payments leave as soon as they have settled, if an archive knows them then', () => {
  const archive = new MemoryArchive(() => {})
  for (const [count, known, steps] of [
    [60, archive, [[60, 60]]],
    [59, archive, []],
    [60, undefined, []],
  ] as const) {
    const { settle, retire } = accepted(count, 64, known)
    settle(0, count, 5)
    expect(retire(10)).toEqual(steps)
  }
})
