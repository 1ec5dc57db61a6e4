import { expect, test } from 'vitest'
import { archivingMs } from './limits.ts'
import { Scene } from './testing.ts'

/** Payments leave the ledger before and while books are compared. */

function retire(scene: Scene, archivedToMs: number): void {
  const firstRow = scene.ledger.count
  scene.ledger.apply({ kind: 'retired', firstRow, archivedToMs: Math.floor(archivedToMs / 1000) * 1000 })
}

test('what has left is counted, and compared no more; what is in memory is compared', () => {
  const scene = new Scene()
  scene.payMany(20)
  scene.accept(50)
  scene.nowMs += 5000
  retire(scene, scene.wallMs)
  expect(scene.ledger.keptCount).toBe(1)
  // The books forget what nobody asks for any more.
  for (const books of scene.books) books.clear()
  scene.nowMs += archivingMs
  scene.payMany(30, 10, 100)
  const reconciler = scene.reconciler()
  expect(scene.found(reconciler)).toEqual(['default equal', 'fallback equal'])
  expect(reconciler.report().processors[0]?.compared?.fromMs).toBe(scene.ledger.archivedToMs + archivingMs)
  expect(reconciler.report().conservation).toMatchObject({
    acceptedCount: 51,
    settledCount: 50,
    queuedCount: 1,
    isEqual: true,
  })
  scene.amend(110, { amountCents: 5 })
  expect(scene.found(reconciler)).toEqual(['default different', 'amount 110', 'fallback equal'])
})

test.each([0, 1, 2, 3, 5, 8, 13, 21])(
  'payments that leave in the course of a run, before its summary %i, end it and are no difference',
  callCount => {
    const scene = new Scene()
    scene.payMany(300)
    scene.amend(7, { amountCents: 5 })
    scene.nowMs += 60_000
    let left = callCount
    scene.summaryInstead = () => {
      if (left === 0) retire(scene, scene.wallMs - 61_500)
      left -= 1
      return undefined
    }
    const reconciler = scene.reconciler()
    scene.nowMs += 1000
    reconciler.ask()
    while (reconciler.report().isRunning) {
      scene.pass(1)
      for (const { differences } of reconciler.report().processors)
        for (const each of differences) expect(each).toMatchObject({ kind: 'amount' })
    }
    expect(reconciler.report().conservation?.isEqual).toBe(true)
  },
)
