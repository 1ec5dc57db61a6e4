import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keptMsMin } from './limits.ts'
import { Retention } from './retention.ts'
import { newLedger, records } from './testing.ts'

const startMs = 1_700_000_000_000
const retainMs = 600_000
const deed = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('accept' as const), count: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('settle' as const), count: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 40_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('set' as const), ms: fc.integer({ min: -1e8, max: 1e8 }) }),
  },
)

test('without an archive a payment that leaves is older than a minute by the monotonic clock, whatever the wall clock was set to; those that are old enough have left', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 80 }), deeds => {
      const ledger = newLedger(64)
      let [nowMs, offsetMs] = [0, startMs]
      const time = () => ({ nowMs, wallMs: nowMs + offsetMs })
      const retention = new Retention(ledger, { retainMs, startedAt: time(), archive: undefined })
      const acceptedMs: number[] = []
      const retire = () => {
        for (let next = retention.next(time()); next !== undefined; next = retention.next(time())) {
          for (const row of ledger.leaving(next.firstRow, next.archivedToMs))
            expect(nowMs - (acceptedMs[row] ?? nowMs)).toBeGreaterThan(keptMsMin)
          ledger.apply({ kind: 'retired', ...next })
          ledger.checkInvariants()
        }
      }
      for (const each of deeds) {
        if (each.kind === 'pass') nowMs += each.ms
        else if (each.kind === 'set') offsetMs += each.ms
        else if (each.kind === 'accept' && ledger.roomCount >= each.count) {
          retention.lookAtClock(time())
          const numbers = Array.from({ length: each.count }, (_, index) => ledger.count + index + 1)
          ledger.apply({ kind: 'accepted', acceptedAtMs: time().wallMs, records: records(numbers) })
          for (const _ of numbers) acceptedMs.push(nowMs)
        } else if (each.kind === 'settle')
          for (const row of [...ledger.rows()].filter(row => ledger.isOpen(row)).slice(0, each.count)) {
            const attempt = { row, processor: 0, requestedAtMs: time().wallMs }
            ledger.apply({ kind: 'sent', ...attempt })
            ledger.apply({ kind: 'settled', ...attempt })
          }
        retire()
      }
      nowMs += retainMs + 2000
      retire()
      expect([...ledger.rows()].filter(row => !ledger.isOpen(row))).toEqual([])
    }),
    { seed: 21, numRuns: 200 },
  )
})
