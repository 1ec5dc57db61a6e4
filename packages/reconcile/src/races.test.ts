import { Prng } from '@rinha/base'
import { paymentState } from '@rinha/payment'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Reconciler } from './index.ts'
import { idOf, Scene, startMs } from './testing.ts'

/** Payments change while their books are compared. No such change may be reported as a difference. */

let scene: Scene
let reconciler: Reconciler
beforeEach(() => {
  scene = new Scene()
  scene.payMany(20)
  reconciler = scene.reconciler()
})

const good = ['default equal', 'fallback equal']

/** A payment that was sent long enough ago to be within the window. */
function sendLongAgo(number: number): number {
  const row = scene.accept(number)
  scene.send(row)
  scene.nowMs += 60_000
  return row
}

/** Calls `happen` before the summary of the first processor that follows `callCount` others. */
function beforeSummary(callCount: number, happen: () => void): void {
  let left = callCount
  scene.summaryInstead = (_fromMs, _toMs, processor) => {
    if (processor !== 0) return undefined
    if (left === 0) happen()
    left -= 1
    return undefined
  }
}

/** No report during a run lists anything. */
function expectNothingListed(): void {
  expect(scene.listedInRun(reconciler)).toEqual([])
}

test.each([0, 1, 2, 3, 5, 8, 13, 50, 100])(
  'a listed payment is mended within a run, before its summary %i',
  callCount => {
    scene.payMany(300, 10, 200)
    const row = scene.accept(100)
    const requestedAtMs = scene.send(row)
    scene.record(row)
    scene.ledger.apply({ kind: 'rejected', row, reason: 'no' })
    expect(scene.found(reconciler)).toEqual(['default different', 'unsettled 100', 'fallback equal'])
    beforeSummary(callCount, () =>
      scene.ledger.apply({ kind: 'confirmed', row, processor: 0, requestedAtMs }),
    )
    expect(scene.found(reconciler)).toEqual(good)
  },
)

describe.each([0, 1, 2, 3, 5, 8, 13, 20, 30])('within a run, before its summary %i,', callCount => {
  test('an attempt that was under way for long is recorded and settles', () => {
    const row = sendLongAgo(100)
    beforeSummary(callCount, () => {
      scene.record(row)
      scene.settle(row)
    })
    expectNothingListed()
    expect(scene.found(reconciler)).toEqual(good)
  })

  test('an attempt that the processor has already settles', () => {
    const row = sendLongAgo(100)
    scene.record(row)
    beforeSummary(callCount, () => scene.settle(row))
    expectNothingListed()
    expect(scene.found(reconciler)).toEqual(good)
  })

  test('a payment settles while the summary is on its way back', () => {
    const row = sendLongAgo(100)
    let left = callCount
    scene.summaryInstead = (fromMs, toMs, processor) => {
      left -= processor === 0 ? 1 : 0
      if (left !== -1 || processor !== 0) return undefined
      const sum = scene.books[0].sum(fromMs, toMs + 0.999)
      scene.record(row)
      scene.settle(row)
      return { kind: 'summed', ...sum }
    }
    expectNothingListed()
  })
})

test('a payment that was refused, is recorded nevertheless, and is under way again is no difference', () => {
  const row = scene.accept(100)
  scene.send(row)
  scene.record(row)
  scene.ledger.apply({ kind: 'requeued', row, doubt: 'refused' })
  scene.nowMs += 5000
  scene.send(row)
  expect(scene.found(reconciler)).toEqual(good)
})

test('R1: an uncertain difference is in no report', () => {
  scene.books[0].remove(idOf(7))
  scene.lookUpInstead = id => {
    if (id[15] !== 7) return undefined
    scene.books[0].record(idOf(7), 1007, startMs + 60)
    scene.lookUpInstead = undefined
    return { kind: 'absent' }
  }
  expectNothingListed()
})

test('a listed payment that has settled since is no longer listed, even if the wall clock leaves nothing to compare', () => {
  const row = scene.accept(100)
  scene.send(row)
  scene.record(row)
  scene.ledger.apply({ kind: 'requeued', row, doubt: 'refused' })
  expect(scene.found(reconciler)).toEqual(['default different', 'unsettled 100', 'fallback equal'])
  scene.ledger.apply({ kind: 'settled', row, processor: 0, requestedAtMs: scene.books[0].requestedAtMs(20) })
  expect(reconciler.report().processors[0]).toMatchObject({
    state: 'equal',
    differenceCount: 0,
    differences: [],
  })
  scene.nowMs -= 86_400_000
  expect(scene.found(reconciler)).toEqual(['default notCompared', 'fallback notCompared'])
})

/** Payments that take any sound course during runs, at any call. */
test.each(Array.from({ length: 100 }, (_, seed) => seed + 1))(
  'nothing that happens in time is listed (%i)',
  seed => {
    const prng = new Prng(seed)
    const rows = Array.from({ length: prng.integer(1, 30) }, (_, index) => {
      const row = scene.accept(1000 + index)
      scene.send(row, 0)
      if (prng.chance(0.3)) scene.record(row)
      if (prng.chance(0.5)) scene.nowMs += prng.integer(0, 3)
      return row
    })
    scene.nowMs += prng.integer(0, 20_000)
    const happen = () => {
      const row = rows[prng.integer(0, rows.length - 1)] ?? 0
      const { ledger, books } = scene
      if (ledger.state(row) === paymentState.settled) return
      const isRecorded = books[0].find(ledger.correlationId(row)) >= 0
      if (ledger.state(row) === paymentState.queued) scene.send(row)
      else if (!isRecorded && prng.chance(0.3)) ledger.apply({ kind: 'requeued', row, doubt: 'none' })
      else if (!isRecorded) scene.record(row)
      else scene.settle(row)
    }
    const chance = prng.unit() * 0.3
    const maybe = () => {
      if (prng.chance(chance)) happen()
      return undefined
    }
    scene.summaryInstead = maybe
    scene.lookUpInstead = maybe
    for (let run = 0; run < 4; run += 1) expectNothingListed()
  },
)
