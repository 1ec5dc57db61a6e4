import { expect, test } from 'vitest'
import { TestCoordinator } from './testing.ts'

/** A coordinator whose processors take a hundred at once, and whose queue may be a second long. */
const overloaded = () => new TestCoordinator({ queueWaitMsMax: 1000 })

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

test('while no payment settles the queue gets too long: nodes are told, and again for each second that the wait grows', () => {
  const tested = overloaded()
    .accept(...numbers(1, 150))
    .pass(1100)
  expect([tested.coordinator.retryAfterSeconds(), tested.refreshCount]).toEqual([0, 0])
  tested.pass(100)
  expect(tested.coordinator.status()).toMatchObject({ predictedWaitMs: 1100, retryAfterSeconds: 2 })
  expect(tested.refreshCount).toBe(1)
  tested.pass(900)
  expect([tested.coordinator.retryAfterSeconds(), tested.refreshCount]).toEqual([2, 1])
  tested.pass(100)
  expect([tested.coordinator.retryAfterSeconds(), tested.refreshCount]).toEqual([3, 2])
})

test('payments that nodes took before they were told are accepted', () => {
  const tested = overloaded()
    .accept(...numbers(1, 150))
    .pass(2000)
  tested.accept(...numbers(200, 10))
  expect(tested.coordinator.status()).toMatchObject({ acceptedCount: 160, retryAfterSeconds: 2 })
})

test('a queue that drains is short again, and the operator is told when it is too long and when it is short', () => {
  const tested = overloaded()
    .accept(...numbers(1, 150))
    .pass(2000)
  tested.cheapest.answer({ kind: 'recorded' }, 100)
  tested.pass(500)
  expect(tested.coordinator.status()).toMatchObject({ predictedWaitMs: 0, retryAfterSeconds: 0 })
  const events = tested.told.map(([event]) => event).filter(({ kind }) => kind === 'admission')
  expect(events).toMatchObject([{ state: 'closed' }, { state: 'open', predictedWaitMs: 0 }])
})

test('a coordinator that has ended measures the queue no more', () => {
  const tested = overloaded().accept(...numbers(1, 150))
  tested.coordinator.stop(0, () => {})
  tested.pass(5000)
  expect(tested.refreshCount).toBe(0)
})
