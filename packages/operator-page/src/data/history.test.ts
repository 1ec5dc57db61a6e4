import { expect, test } from 'vitest'
import { History } from './history.ts'

function filled(instants: readonly number[]): History {
  const history = new History()
  history.columns = ['atMs', 'queuedCount', 'default tailMs']
  history.add(instants.map(atMs => [atMs, atMs / 10, null]))
  return history
}

test('columns come by their names, in seconds, and a sample that is known already is left out', () => {
  const history = filled([1000, 2000, 2000, 1500, 3000])
  expect(history.since(1500, ['default tailMs', 'queuedCount'])).toEqual([
    [2, 3],
    [null, null],
    [200, 300],
  ])
})

test('a chart has no line where no sample came', () => {
  const [times, queued] = filled([1000, 2000, 60_000]).since(0, ['queuedCount'])
  expect(times).toEqual([1, 2, 2.001, 60])
  expect(queued).toEqual([100, 200, null, 6000])
})

test('an hour is kept, and no more', () => {
  const history = filled(Array.from({ length: 10_000 }, (_, index) => index * 1000 + 1))
  const [times = []] = history.since(0, [])
  expect(times.length).toBe(3700)
  expect(times.at(-1)).toBe(9999.001)
})

test('when the clock is set back the history restarts, so that no chart stands still until the clock has caught up', () => {
  const history = filled([3_600_000, 3_601_000, 2000, 3000])
  expect(history.since(0, ['queuedCount'])).toEqual([
    [2, 3],
    [200, 300],
  ])
})
