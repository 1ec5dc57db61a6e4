import { beforeEach, describe, expect, test } from 'vitest'
import { Reconciler } from './index.ts'
import { idOf, Scene, startMs } from './testing.ts'

let scene: Scene
beforeEach(() => {
  scene = new Scene()
})

const good = ['default equal', 'fallback equal']

test('equal books are reported as equal, and conservation is recounted', () => {
  scene.payMany(50)
  scene.pay(60, 500, 1)
  scene.accept(61)
  expect(scene.found()).toEqual(good)
  const { conservation } = scene.reconcile()
  expect(conservation).toMatchObject({
    ...{ acceptedCount: 52, queuedCount: 1, inFlightCount: 0, settledCount: 51, rejectedCount: 0 },
    isEqual: true,
  })
})

test('before the first payment there is nothing to compare', () => {
  expect(scene.found()).toEqual(['default notCompared', 'fallback notCompared'])
  expect(scene.callsAtMs).toEqual([])
})

describe('one payment that differs among others is listed, R1', () => {
  beforeEach(() => scene.payMany(300))

  test('missing', () => {
    scene.books[0].remove(idOf(77))
    expect(scene.found()).toEqual(['default different', 'missing 77', 'fallback equal'])
  })

  test('another amount', () => {
    scene.amend(77, { amountCents: 1 })
    expect(scene.found()).toEqual(['default different', 'amount 77', 'fallback equal'])
  })

  test.each([1, 50, 1500, 1e9])('another requestedAt, %i ms later', laterMs => {
    scene.amend(77, { requestedAtMs: startMs + 760 + laterMs })
    expect(scene.found()).toEqual(['default different', 'requestedAt 77', 'fallback equal'])
  })

  test('not ours: counts and cents of its millisecond', () => {
    scene.books[0].record(idOf(9999), 123, startMs + 760.5)
    scene.books[0].record(idOf(9998), 123, startMs + 760)
    expect(scene.found()).toEqual(['default different', 'notOurs 2 246 at 760', 'fallback equal'])
  })

  test('settled at the other processor, at the same instant or later', () => {
    scene.books[1].record(idOf(77), 1077, startMs + 760)
    scene.books[1].record(idOf(78), 1078, startMs + 765)
    expect(scene.found()).toEqual([
      'default equal',
      'fallback different',
      'twice 77',
      'notOurs 1 1078 at 765',
    ])
  })

  test('a difference has the record of each side', () => {
    scene.amend(77, { amountCents: 5, requestedAtMs: startMs + 761 })
    expect(scene.reconcile().processors[0]?.differences).toEqual([
      {
        kind: 'amount',
        correlationId: '00000000-0000-0000-0000-00000000004d',
        ours: { state: 'settled', processor: 'default', amountCents: 1077, requestedAtMs: startMs + 760 },
        theirs: { count: 1, amountCents: 5, requestedAtMs: startMs + 761 },
      },
    ])
  })
})

describe('a payment that the processor has, and that is not settled in the ledger', () => {
  test('queued since it was refused; rejected; queued and never sent', () => {
    scene.payMany(20)
    const refused = scene.accept(100)
    scene.send(refused)
    scene.record(refused)
    scene.ledger.apply({ kind: 'requeued', row: refused, doubt: 'refused' })
    scene.nowMs += 10
    const rejected = scene.accept(101)
    scene.send(rejected)
    scene.record(rejected)
    scene.ledger.apply({ kind: 'rejected', row: rejected, reason: 'no' })
    scene.nowMs += 10
    const queued = scene.accept(102)
    scene.books[0].record(idOf(102), 1990, scene.wallMs)
    scene.nowMs += 10
    expect(scene.found().toSorted()).toEqual(
      ['default different', 'fallback equal', 'unsettled 100', 'unsettled 101', 'unsettled 102'].toSorted(),
    )
    expect(scene.ledger.isOpen(queued)).toBe(true)
  })

  test('refused there, and settled elsewhere', () => {
    scene.payMany(20)
    const row = scene.accept(100)
    scene.send(row)
    scene.record(row)
    scene.ledger.apply({ kind: 'requeued', row, doubt: 'refused' })
    scene.ledger.apply({ kind: 'requeued', row, doubt: 'none' })
    scene.nowMs += 50
    scene.send(row, 1)
    scene.record(row, 1)
    scene.settle(row)
    expect(scene.found()).toEqual(['default different', 'twice 100', 'fallback equal'])
  })
})

describe('R2: an attempt under way', () => {
  test('ends the window before it, whether it is recorded or not', () => {
    scene.payMany(20)
    const row = scene.accept(100)
    scene.send(row)
    scene.record(row)
    scene.nowMs += 10
    scene.payMany(20, 10, 200)
    const reconciler = scene.reconciler()
    expect(scene.found(reconciler)).toEqual(good)
    expect(reconciler.report().processors[0]?.compared?.toMs).toBe(startMs + 199)
  })

  test('that lasts long is looked up, and hides no other difference', () => {
    scene.payMany(20)
    for (const number of [100, 101]) {
      const row = scene.accept(number)
      scene.send(row)
      if (number === 101) scene.record(row)
    }
    scene.books[0].remove(idOf(7))
    scene.books[0].record(idOf(9999), 1990, startMs + 55)
    scene.nowMs += 60_000
    expect(scene.found()).toEqual([
      'default different',
      'missing 7',
      'notOurs 1 1990 at 55',
      'fallback equal',
    ])
  })

  test('that lasts long, and is recorded with another amount, is listed', () => {
    scene.payMany(20)
    const row = scene.accept(100)
    scene.send(row)
    scene.books[0].record(idOf(100), 7, scene.wallMs)
    scene.nowMs += 60_000
    expect(scene.found()).toEqual(['default different', 'unsettled 100', 'fallback equal'])
  })

  test('that lasts long ends the window if a hundred others came before it', () => {
    scene.payMany(20)
    for (let number = 100; number < 250; number += 1) {
      scene.send(scene.accept(number))
      scene.nowMs += 1
    }
    scene.nowMs += 60_000
    expect(scene.reconcile().processors[0]?.compared?.toMs).toBe(startMs + 200 + 99)
  })
})

describe('several at once', () => {
  test('in one millisecond', () => {
    for (let number = 1; number <= 20; number += 1) scene.pay(number, 100)
    scene.nowMs += 1
    scene.payMany(20, 10, 100)
    scene.books[0].remove(idOf(3))
    scene.amend(4, { amountCents: 150 })
    scene.amend(5, { amountCents: 60 })
    scene.books[0].record(idOf(9999), 100, startMs)
    scene.books[0].record(idOf(9998), 1, startMs)
    const listed = ['missing 3', 'amount 4', 'amount 5', 'notOurs 2 101 at 0']
    expect(scene.found()).toEqual(['default different', ...listed, 'fallback equal'])
  })

  test('that cancel each other in count, in cents, or in both', () => {
    scene.payMany(200, 50)
    scene.books[0].remove(idOf(10))
    scene.books[0].record(idOf(9999), 77, startMs + 9050)
    scene.amend(20, { amountCents: 1025 })
    scene.amend(180, { amountCents: 1175 })
    scene.books[0].remove(idOf(30))
    scene.books[0].record(idOf(9998), 1030, startMs + 3333)
    expect(scene.found().toSorted()).toEqual(
      [
        ...['default different', 'fallback equal', 'missing 10', 'missing 30', 'amount 20', 'amount 180'],
        ...['notOurs 1 77 at 9050', 'notOurs 1 1030 at 3333'],
      ].toSorted(),
    )
  })

  test('that cancel each other within a millisecond are found by the look-ups in turn, from run to run', () => {
    for (let number = 1; number <= 1000; number += 1) scene.pay(number, 100)
    scene.nowMs += 1000
    scene.payMany(10, 10, 2000)
    scene.books[0].remove(idOf(900))
    scene.books[0].record(idOf(9999), 100, startMs)
    const reconciler = scene.reconciler()
    expect(scene.found(reconciler)).toEqual(good)
    for (let run = 0; run < 2; run += 1) scene.found(reconciler)
    const listed = ['missing 900', 'notOurs 1 100 at 0']
    expect(scene.found(reconciler)).toEqual(['default different', ...listed, 'fallback equal'])
    expect(scene.found(scene.reconciler(), true)).toEqual(['default different', ...listed, 'fallback equal'])
  })

  test('R4: more than the list holds are counted', () => {
    scene.payMany(500)
    for (let number = 50; number < 250; number += 1) scene.books[0].remove(idOf(number))
    const [books] = scene.reconcile().processors
    expect(books).toMatchObject({ state: 'different', differenceCount: 200 })
    expect(books?.differences.length).toBe(100)
  })
})

test('a mended difference is no longer listed, and any other one is listed once', () => {
  scene.payMany(100)
  const reconciler = scene.reconciler()
  scene.books[0].remove(idOf(10))
  scene.books[0].record(idOf(9999), 5, startMs + 500)
  const both = ['default different', 'missing 10', 'notOurs 1 5 at 500', 'fallback equal']
  expect(scene.found(reconciler)).toEqual(both)
  expect(scene.found(reconciler)).toEqual(both)
  scene.books[0].remove(idOf(9999))
  expect(scene.found(reconciler)).toEqual(['default different', 'missing 10', 'fallback equal'])
  scene.books[0].record(idOf(10), 1010, startMs + 90)
  expect(scene.found(reconciler)).toEqual(good)
})

describe('R3: a purge', () => {
  test('of the ledger restarts the comparison, whatever the processor still has', () => {
    scene.payMany(50)
    scene.send(scene.accept(100))
    scene.ledger.apply({ kind: 'purged' })
    scene.books[0].record(idOf(100), 1990, scene.wallMs)
    scene.nowMs += 1
    scene.payMany(50, 10, 200)
    expect(scene.found()).toEqual(good)
  })

  test('of the ledger during a run ends the run, and is no difference', () => {
    scene.payMany(50)
    scene.books[0].remove(idOf(7))
    const reconciler = scene.reconciler()
    scene.nowMs += 1000
    reconciler.ask()
    scene.pass(10)
    scene.ledger.apply({ kind: 'purged' })
    scene.pass(1000)
    expect(reconciler.report()).toMatchObject({
      isRunning: false,
      processors: [
        { state: 'notCompared', reason: expect.stringMatching(/purge/), differences: [] },
        { state: 'notCompared' },
      ],
    })
  })

  test('of a processor alone is reported', () => {
    scene.payMany(50)
    scene.books[0].clear()
    expect(scene.found()).toEqual([
      'default unavailable: its books are empty, and were not: it was purged',
      'fallback equal',
    ])
    scene.nowMs += 5000
    scene.payMany(300, 20, 100)
    scene.books[0].remove(idOf(250))
    const reconciler = scene.reconciler()
    expect(scene.found(reconciler)).toEqual(['default different', 'missing 250', 'fallback equal'])
    expect(reconciler.report().processors[0]?.compared?.purgedToMs).toBeGreaterThan(startMs + 500)
  })
})

describe('a processor that cannot be compared is reported, and is no difference', () => {
  const other = 'fallback equal'
  beforeEach(() => {
    scene.payMany(50)
    scene.pay(60, 500, 1)
    scene.nowMs += 10
  })
  test('its summary fails', () => {
    scene.books[0].remove(idOf(7))
    scene.summaryInstead = () => ({ kind: 'unknown', reason: 'the summary answered 500' })
    expect(scene.found()).toEqual([
      'default unavailable: the summary answered 500',
      'fallback unavailable: the summary answered 500',
    ])
    scene.summaryInstead = undefined
    expect(scene.found()).toEqual(['default different', 'missing 7', other])
  })

  test('it has none', () => {
    const { ledger, time, timers } = scene
    const reconciler = new Reconciler(
      { ledger, names: ['default', 'fallback'], everyMs: 0, callsPerSecondMax: 1000 },
      { books: [undefined, scene.booksOf(1)], time, timers },
    )
    expect(scene.found(reconciler)).toEqual(['default notConfigured', other])
  })

  test('its books change under it, each time', () => {
    scene.books[0].remove(idOf(7))
    let extra = 5000
    scene.summaryInstead = () => {
      scene.books[0].record(idOf(++extra), 1, startMs + 100)
      return undefined
    }
    expect(scene.found()[0]).toMatch(/^default unavailable: its books change/)
  })

  test('R1: its books change once while they are searched, and the difference seen before is dropped', () => {
    scene.books[0].remove(idOf(7))
    scene.lookUpInstead = id => {
      if (id[15] !== 7) return undefined
      scene.books[0].record(idOf(7), 1007, startMs + 60)
      scene.lookUpInstead = undefined
      return { kind: 'absent' }
    }
    expect(scene.found()).toEqual(['default equal', other])
  })

  test('its look-ups fail, and the millisecond is reported without an id', () => {
    scene.books[0].remove(idOf(7))
    scene.lookUpInstead = () => ({ kind: 'unknown', reason: 'no' })
    expect(scene.found()).toEqual(['default different', 'unexplained -1 -1007 at 60', other])
  })
})

describe('calls', () => {
  test('are never more than stated, one at a time', () => {
    scene.payMany(300)
    scene.books[0].remove(idOf(77))
    scene.reconcile(scene.reconciler({ callsPerSecondMax: 50 }))
    const gaps = scene.callsAtMs.slice(2).map((atMs, index) => atMs - (scene.callsAtMs[index] ?? 0))
    expect(scene.callsAtMs.length).toBeGreaterThan(100)
    // Two processors, side by side.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20)
  })

  test('wait for a processor that is slow', () => {
    scene.payMany(30)
    scene.callMs = 5000
    scene.reconcile()
    const gaps = scene.callsAtMs.slice(2).map((atMs, index) => atMs - (scene.callsAtMs[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5000)
  })

  test('are few for scheduled runs with equal books', () => {
    scene.payMany(2000, 1)
    const reconciler = scene.reconciler({ everyMs: 10_000 })
    reconciler.start()
    scene.pass(100_000)
    reconciler.stop()
    expect(reconciler.report().run).toBe(10)
    expect(scene.callsAtMs.length / 10).toBeLessThan(50)
    scene.pass(100_000)
    expect(reconciler.report().run).toBe(10)
  })

  test('R4: the first difference among a day of payments takes some thirty', () => {
    scene.payMany(1000, 86_400)
    scene.books[0].remove(idOf(500))
    const reconciler = scene.reconciler()
    reconciler.ask()
    while (reconciler.report().processors[0]?.state !== 'different') scene.pass(1)
    expect(reconciler.report().processors[0]?.callCount).toBeLessThan(45)
  })
})

test('a run that is requested during another one follows it', () => {
  scene.payMany(300)
  scene.nowMs += 1000
  const reconciler = scene.reconciler()
  expect([reconciler.ask(), reconciler.ask(), reconciler.ask()]).toEqual([1, 2, 2])
  scene.pass(60_000)
  expect(reconciler.report()).toMatchObject({ run: 2, isRunning: false })
})

test('a run over every payment that is requested during another run is made, even if a smaller run is requested after it', () => {
  scene.payMany(2000)
  scene.nowMs += 1000
  const reconciler = scene.reconciler()
  for (const isEveryPayment of [false, true, false]) reconciler.ask(isEveryPayment)
  scene.pass(60_000)
  expect(reconciler.report()).toMatchObject({ run: 2, isRunning: false })
  expect(scene.callsAtMs.length).toBeGreaterThan(2000)
})
