import { Prng } from '@rinha/base'
import { amountCentsMax, type Fact, paymentState, reasonCountMax, reasonLengthMax } from '@rinha/payment'
import { expect, test } from 'vitest'
import { Ledger } from './ledger.ts'
import { earlierAttemptCountMax, segmentRowCount } from './limits.ts'
import { otherReason } from './reason-table.ts'
import {
  accepted,
  after,
  confirmed,
  discarded,
  idOf,
  makeLedger,
  purged,
  reject,
  released,
  requeued,
  rowOf,
  sent,
  settle,
} from './testing.ts'

const { queued, inFlight, settled, rejected, refused } = paymentState

test('L3: a payment is found by its id, at any offset, and by no other', () => {
  const ledger = makeLedger()
  const bytes = new Uint8Array(40)
  bytes.set(idOf(5), 3)
  expect(ledger.find(bytes, 3)).toBe(-1)
  ledger.apply(accepted([5], 1990))
  expect(ledger.find(bytes, 3)).toBe(0)
  expect(ledger.find(idOf(6), 0)).toBe(-1)
  expect(ledger.correlationId(0)).toEqual(idOf(5))
  ledger.correlationId(0).fill(255)
  expect(ledger.correlationId(0)).toEqual(idOf(5))
})

test('L3: an id has one row, whatever the state of its payment', () => {
  for (const facts of Object.values(reach)) {
    const ledger = after(accepted([1]), ...facts)
    expect(() => ledger.apply(accepted([2, 1]))).toThrow('once')
    expect([ledger.find(idOf(1), 0), ledger.find(idOf(2), 0)]).toEqual([0, 1])
  }
})

test('the life of a payment: queued, sent, refused, looked up there, sent elsewhere, settled', () => {
  const ledger = after(accepted([1], 1990, 777))
  expect([ledger.acceptedAtMs(0), ledger.amountCents(0)]).toEqual([777, 1990])
  expect(rowOf(ledger, 0)).toEqual([queued, -1, 0])
  ledger.apply(sent(0, 0, 1000))
  expect(rowOf(ledger, 0)).toEqual([inFlight, 0, 1000])
  ledger.apply(requeued(0, 'refused'))
  expect(rowOf(ledger, 0)).toEqual([refused, 0, 0])
  expect(ledger.stateCounts()).toEqual({
    queued: 1,
    refused: 1,
    inFlight: 0,
    settled: 0,
    rejected: 0,
    discarded: 0,
  })
  ledger.apply(requeued(0, 'none'))
  expect(rowOf(ledger, 0)).toEqual([queued, -1, 0])
  ledger.apply(sent(0, 1, 2000))
  ledger.apply(settle(0, 1, 1999))
  expect(rowOf(ledger, 0)).toEqual([settled, 1, 1999])
  const none = { count: 0, amountCents: 0 }
  expect(ledger.summary(1999, 1999)).toEqual([none, { count: 1, amountCents: 1990 }])
  expect(ledger.summary(2000, null)[1]).toEqual(none)
  expect(ledger.summary(null, 1998)[1]).toEqual(none)
  ledger.checkInvariants()
})

const reach = {
  queued: [],
  inFlight: [sent(0, 0, 5)],
  refused: [sent(0, 0, 5), requeued(0, 'refused')],
  settled: [sent(0, 0, 5), settle(0, 0, 5)],
  rejected: [reject(0)],
  discarded: [reject(0), discarded(0)],
} satisfies Record<keyof typeof paymentState, readonly Fact[]>

test('L4: a row has a processor and a requestedAt exactly when a processor has the payment', () => {
  const rows = Object.entries(reach).map(([name, facts]) => [
    name,
    ...rowOf(after(accepted([1]), ...facts), 0).slice(1),
  ])
  expect(rows).toEqual([
    ['queued', -1, 0],
    ['inFlight', 0, 5],
    ['refused', 0, 0],
    ['settled', 0, 5],
    ['rejected', -1, 0],
    ['discarded', -1, 0],
  ])
  const cleared = after(accepted([1]), ...reach.refused, requeued(0, 'none'))
  expect(rowOf(cleared, 0)).toEqual([queued, -1, 0])
  expect(rowOf(after(accepted([1]), ...reach.inFlight, reject(0)), 0)).toEqual([rejected, -1, 0])
})

test('L2: a settlement is counted once, at its one processor, under its own requestedAt, in whole cents', () => {
  const ledger = after(accepted([1, 2], 1999), sent(0, 0, 5), sent(1, 1, 6), settle(0, 0, 7))
  const none = { count: 0, amountCents: 0 }
  const once = [{ count: 1, amountCents: 1999 }, none]
  expect(ledger.summary(null, null)).toEqual(once)
  expect(ledger.summary(7, 7)).toEqual(once)
  expect(ledger.summary(5, 6)).toEqual([none, none])
  for (const again of [settle(0, 0, 7), settle(0, 1, 7), sent(0, 0, 7), reject(0), requeued(0, 'none')])
    expect(() => ledger.apply(again)).toThrow('is open')
  expect(ledger.summary(null, null)).toEqual(once)
  ledger.checkInvariants()
})

/** Every state with every fact: the state it leads to, or what the assertion says. */
test.each<[keyof typeof reach, string, Fact, keyof typeof paymentState | RegExp]>([
  ['queued', 'sent', sent(0, 1, 6), 'inFlight'],
  ['queued', 'requeued, free', requeued(0, 'none'), 'queued'],
  ['queued', 'requeued, refused', requeued(0, 'refused'), /had been sent/],
  ['queued', 'settled', settle(0, 0, 5), /where it was sent/],
  ['queued', 'rejected', reject(0), 'rejected'],
  ['inFlight', 'sent again alike', sent(0, 0, 5), 'inFlight'],
  ['inFlight', 'L6: sent elsewhere', sent(0, 1, 5), /E3/],
  ['inFlight', 'L6: sent under another requestedAt', sent(0, 0, 6), /E4/],
  ['inFlight', 'requeued, free', requeued(0, 'none'), 'queued'],
  ['inFlight', 'requeued, refused', requeued(0, 'refused'), 'refused'],
  ['inFlight', 'settled there', settle(0, 0, 4), 'settled'],
  ['inFlight', 'L6: settled elsewhere', settle(0, 1, 5), /where it was sent/],
  ['inFlight', 'rejected', reject(0), 'rejected'],
  ['refused', 'sent there', sent(0, 0, 9), 'inFlight'],
  ['refused', 'L5: sent elsewhere', sent(0, 1, 9), /E3/],
  ['refused', 'requeued, free', requeued(0, 'none'), 'queued'],
  ['refused', 'requeued, refused', requeued(0, 'refused'), /had been sent/],
  ['refused', 'settled there', settle(0, 0, 4), 'settled'],
  ['refused', 'L5: settled elsewhere', settle(0, 1, 4), /where it was sent/],
  ['refused', 'rejected', reject(0), 'rejected'],
  ['queued', 'confirmed', confirmed(0, 0, 5), /where it was sent/],
  ['queued', 'released', released(0), /is not released/],
  ['inFlight', 'confirmed there', confirmed(0, 0, 4), 'settled'],
  ['inFlight', 'L6: confirmed elsewhere', confirmed(0, 1, 5), /where it was sent/],
  ['inFlight', 'released', released(0), 'queued'],
  ['refused', 'confirmed there', confirmed(0, 0, 4), 'settled'],
  ['refused', 'L5: confirmed elsewhere', confirmed(0, 1, 5), /where it was sent/],
  ['refused', 'released', released(0), 'queued'],
  ['rejected', 'confirmed anywhere', confirmed(0, 1, 4), 'settled'],
  ['rejected', 'confirmed nowhere', confirmed(0, 2, 4), /processor exists/],
  ['rejected', 'released', released(0), 'queued'],
  ['rejected', 'discarded', discarded(0), 'discarded'],
  ['discarded', 'discarded again', discarded(0), /only a rejected/],
  ['discarded', 'released', released(0), /has ended/],
  ['discarded', 'confirmed anywhere', confirmed(0, 1, 4), 'settled'],
  ['queued', 'discarded', discarded(0), /only a rejected/],
  ['settled', 'discarded', discarded(0), /only a rejected/],
  ['settled', 'confirmed', confirmed(0, 0, 5), /is open/],
  ['settled', 'released', released(0), /is not released/],
  ...(['settled', 'rejected', 'discarded'] as const).flatMap(state =>
    [sent(0, 0, 5), requeued(0, 'none'), settle(0, 0, 5), reject(0)].map(
      (fact): [keyof typeof reach, string, Fact, RegExp] => [state, fact.kind, fact, /is open/],
    ),
  ),
])('from %s, %s', (from, _, fact, to) => {
  const ledger = after(accepted([1]), ...reach[from])
  if (to instanceof RegExp) {
    expect(() => ledger.apply(fact)).toThrow(to)
    expect(ledger.state(0)).toBe(paymentState[from])
  } else {
    ledger.apply(fact)
    expect(ledger.state(0)).toBe(paymentState[to])
  }
  ledger.checkInvariants()
})

test('breaking a rule of the ledger fails an assertion', () => {
  const ledger = makeLedger(2)
  ledger.apply(accepted([1]))
  const short: Fact = { kind: 'accepted', acceptedAtMs: 1, records: new Uint8Array(25) }
  const free: Fact = { kind: 'accepted', acceptedAtMs: 1, records: new Uint8Array(24) }
  const wrong: (() => void)[] = [
    () => ledger.apply(accepted([1])),
    () => ledger.apply(short),
    () => ledger.apply(free),
    () => ledger.apply(sent(0, 2, 1)),
    () => ledger.apply(sent(0, -1, 1)),
    () => ledger.apply(sent(0, 0, 0.5)),
    () => ledger.apply(sent(1, 0, 1)),
    () => ledger.apply(reject(0, 'x'.repeat(reasonLengthMax + 1))),
    () => ledger.state(1),
    () => ledger.rejectReason(0),
  ]
  for (const call of wrong) expect(call, String(call)).toThrow()
  expect(ledger.stateCounts()).toEqual({
    queued: 1,
    refused: 0,
    inFlight: 0,
    settled: 0,
    rejected: 0,
    discarded: 0,
  })
  ledger.checkInvariants()
  ledger.apply(accepted([2]))
  expect(ledger.full).toBe(true)
  expect(() => ledger.apply(accepted([3]))).toThrow('PAYMENT_COUNT_MAX')
})

test('a ledger whose sums could become inexact is not made', () => {
  const countMax = Math.floor(2 ** 53 / amountCentsMax)
  expect(() => makeLedger(countMax + 1)).toThrow('exact')
  expect(makeLedger(countMax).paymentCountMax).toBe(countMax)
  expect(() => makeLedger(0)).toThrow('paymentCountMax')
  expect(() => makeLedger(10, 0)).toThrow('processorCount')
})

test('reasons are kept word for word up to the limit; further ones become "another reason"', () => {
  const ledger = makeLedger()
  for (let number = 0; number <= reasonCountMax; number += 1) {
    ledger.apply(accepted([number]))
    ledger.apply(reject(number, `status ${400 + number}`))
  }
  expect(ledger.rejectReason(0)).toBe('status 400')
  expect(ledger.rejectReason(reasonCountMax - 1)).toBe(`status ${400 + reasonCountMax - 1}`)
  expect(ledger.rejectReason(reasonCountMax)).toBe(otherReason)
  ledger.apply(accepted([1000]))
  ledger.apply(reject(reasonCountMax + 1, 'status 401'))
  expect(ledger.rejectReason(reasonCountMax + 1)).toBe('status 401')
  const copy = makeLedger()
  copy.restore(ledger.image())
  expect(copy.image()).toEqual(ledger.image())
})

test('open rows come in their order, whatever their states, and stragglers first', () => {
  const ledger = makeLedger(20_000)
  const prng = new Prng(5)
  for (let number = 1; number <= 10_000; number += 1) {
    ledger.apply(accepted([number]))
    const row = number - 1
    const end = prng.integer(0, 30)
    if (end > 0) ledger.apply(sent(row, 0, 1000))
    if (end > 2) ledger.apply(settle(row, 0, 1000))
    else if (end === 2) ledger.apply(requeued(row, 'refused'))
  }
  ledger.apply({ kind: 'retired', firstRow: 4000, archivedToMs: 2000 })
  const open = [...ledger.rows()].filter(row => ledger.isOpen(row))
  expect(open.length).toBeGreaterThan(500)
  expect([...ledger.openRows()]).toEqual(open)
  expect([...makeLedger().openRows()]).toEqual([])
})

test('the latest note of each topic outlives a purge, and an image', () => {
  const noted = (text: string) => ({ kind: 'noted', topic: 'sending', text }) as const
  const ledger = after(noted('one'), accepted([1]), noted('two'), purged)
  const copy = makeLedger()
  copy.restore(ledger.image())
  expect([...copy.notes]).toEqual([['sending', 'two']])
})

test('a purge forgets everything and the next payment is row 0', () => {
  const ledger = after(accepted([1, 2]), sent(0, 0, 5), settle(0, 0, 5), purged)
  expect([ledger.count, ledger.find(idOf(1), 0)]).toEqual([0, -1])
  expect(ledger.summary(null, null)).toEqual([
    { count: 0, amountCents: 0 },
    { count: 0, amountCents: 0 },
  ])
  expect(ledger.stateCounts()).toEqual({
    queued: 0,
    refused: 0,
    inFlight: 0,
    settled: 0,
    rejected: 0,
    discarded: 0,
  })
  ledger.apply(accepted([2]))
  expect(ledger.find(idOf(2), 0)).toBe(0)
  ledger.checkInvariants()
})

test('rows keep their fields across segments', () => {
  const ledger = makeLedger(3 * segmentRowCount)
  const last = 2 * segmentRowCount + 10
  for (let row = 0; row <= last; row += 1) ledger.apply(accepted([row], row + 1, row + 9))
  for (const row of [0, segmentRowCount - 1, segmentRowCount, 2 * segmentRowCount, last]) {
    expect([ledger.find(idOf(row), 0), ledger.amountCents(row)]).toEqual([row, row + 1])
    expect([ledger.correlationId(row), ledger.acceptedAtMs(row)]).toEqual([idOf(row), row + 9])
  }
  ledger.checkInvariants()
})

test('an image with rows that are not sound is refused', () => {
  const image = after(accepted([1, 2]), sent(0, 0, 5), settle(0, 0, 5)).image()
  const [piece] = image.columns
  if (piece === undefined) throw new Error('there is a piece')
  const broken = (change: Partial<typeof piece>) => () =>
    makeLedger().restore({ ...image, columns: [{ ...piece, ...change }] })
  expect(broken({ states: Uint8Array.of(7, 0) })).toThrow('a state is known')
  expect(broken({ processors: Int8Array.of(3, -1) })).toThrow('processor exists')
  expect(broken({ processors: Int8Array.of(-1, -1) })).toThrow('processor exists')
  expect(broken({ requestedAtMs: Float64Array.of(0, 0) })).toThrow('requestedAt')
  expect(broken({ amountCents: Uint32Array.of(0, 1) })).toThrow('amount')
  expect(broken({ ids: new Uint8Array(32) })).toThrow('once')
  expect(() => after(accepted([3])).restore(image)).toThrow('before all facts')
})

test('rows of a state are found in their order, in every segment, between two rows', () => {
  const ledger = new Ledger({ processorCount: 1, paymentCountMax: 3 * segmentRowCount, hashSeed: 1 })
  const numbers = Array.from({ length: 2 * segmentRowCount + 5 }, (_, number) => number)
  ledger.apply(accepted(numbers))
  expect(ledger.findState(paymentState.rejected, 0, ledger.count)).toBe(-1)
  const rows = [0, 7, segmentRowCount - 1, segmentRowCount, 2 * segmentRowCount + 4]
  for (const row of rows) ledger.apply(reject(row))
  const found: number[] = []
  const find = (from: number, to = 3 * segmentRowCount) => ledger.findState(paymentState.rejected, from, to)
  for (let row = find(0); row >= 0; row = find(row + 1)) found.push(row)
  expect(found).toEqual(rows)
  expect([find(1, 7), find(1, 8), find(8, segmentRowCount - 1)]).toEqual([-1, 7, -1])
  // A row that has no payment yet is in no state.
  expect(ledger.findState(paymentState.queued, 2 * segmentRowCount + 4, 3 * segmentRowCount)).toBe(-1)
})

test('L7: instants of attempts that were refused are kept while the payment is open, however it moves, and in an image', () => {
  const ledger = after(accepted([1]), sent(0, 0, 5), requeued(0, 'refused'), sent(0, 0, 7))
  const copy = () => {
    const other = makeLedger()
    other.restore(ledger.image())
    return other
  }
  for (const each of [ledger, copy()]) {
    expect([5, 6, 7, 0].map(requestedAtMs => each.wasSent(0, requestedAtMs))).toEqual([
      true,
      false,
      true,
      false,
    ])
    each.checkInvariants()
  }
  for (const fact of [requeued(0, 'refused'), requeued(0, 'none'), sent(0, 1, 9)]) ledger.apply(fact)
  expect([7, 9, 0].map(requestedAtMs => copy().wasSent(0, requestedAtMs))).toEqual([false, true, false])
  expect([0, 1].map(processor => copy().wasRefusedBy(0, processor))).toEqual([true, false])
  ledger.apply(settle(0, 1, 9))
  expect(ledger.image().earlier).toEqual([])
})

test('when a payment is refused more often than instants are kept, the oldest instants are dropped', () => {
  const ledger = after(accepted([1]))
  for (let requestedAtMs = 1; requestedAtMs <= earlierAttemptCountMax + 1; requestedAtMs += 1) {
    ledger.apply(sent(0, 0, requestedAtMs))
    ledger.apply(requeued(0, 'refused'))
  }
  expect([1, 2, earlierAttemptCountMax + 1].map(requestedAtMs => ledger.wasSent(0, requestedAtMs))).toEqual([
    false,
    true,
    true,
  ])
})
