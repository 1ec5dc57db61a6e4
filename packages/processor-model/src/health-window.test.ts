import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HealthWindow } from './health-window.ts'
import { officialProcessor, type ProcessorOptions } from './options.ts'
import { ManualTime } from './testing.ts'

type Seen = number | 'refused' | undefined

/** Makes a call at each of the times. Returns when each was let through, or `undefined` for never. */
function grants(asksMs: readonly number[], options: Partial<ProcessorOptions> = {}): readonly Seen[] {
  const time = new ManualTime()
  const window = new HealthWindow({ ...officialProcessor, ...options }, time)
  const seen: Seen[] = asksMs.map(() => undefined)
  for (const [index, askMs] of asksMs.entries()) {
    time.pass(askMs - time.elapsedMs)
    const granted = () => {
      seen[index] = time.elapsedMs
    }
    if (!window.ask(granted)) seen[index] = 'refused'
  }
  time.pass(60_000)
  return seen
}

test.each<[string, readonly number[], readonly Seen[]]>([
  ['one call a window, two wait, the fourth is refused', [0, 1, 2, 3], [0, 5000, 10_000, 'refused']],
  ['a poller of exactly 5 s waits for a beat each time', [30, 5030, 10_030], [30, 5100, 10_100]],
  ['a window that nobody used lets the next call through at once', [0, 5100, 9000], [0, 5100, 10_000]],
  ['windows roll on from the first call while nobody calls', [0, 7000, 7001], [0, 7000, 10_000]],
  ['just before the reset windows still roll', [1000, 10_999, 10_999], [1000, 10_999, 11_000]],
  ['after the reset a call starts a window of its own', [0, 12_040, 12_050], [0, 12_040, 17_100]],
  ['a call that waited counts as one', [0, 10, 6000, 14_900, 15_000], [0, 5000, 10_000, 15_000, 20_000]],
  [
    'the silence counts from when a waiting call was let through',
    [0, 10, 12_000, 12_500],
    [0, 5000, 12_000, 15_000],
  ],
])('%s', (_, asksMs, grantedMs) => {
  expect(grants(asksMs)).toEqual(grantedMs)
})

test('a waiting call is let through even if the reset is shorter than the window', () => {
  expect(grants([0, 0, 0], { healthResetMs: 1000 })).toEqual([0, 5000, 10_000])
})

test('ends are whole beats from the beginning, however many there were', () => {
  const asksMs = Array.from({ length: 500 }, (_, index) => index * 5000)
  expect(grants(asksMs).every((grantMs, index) => grantMs === asksMs[index])).toBe(true)
})

test('a waiting call that goes away makes room for another and is never let through', () => {
  const time = new ManualTime()
  const window = new HealthWindow(officialProcessor, time)
  const seen: string[] = []
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(name => () => seen.push(`${name} ${time.elapsedMs}`))
  for (const call of [a, b, c]) window.ask(call as () => void)
  window.abandon(b as () => void)
  expect([window.ask(d as () => void), window.ask(e as () => void)]).toEqual([true, false])
  time.pass(20_000)
  expect(seen).toEqual(['a 0', 'c 5000', 'd 10000'])
})

test('a timer that fires late, or a little early, lets the waiting call through before the one that comes', () => {
  for (const firesMs of [4999.5, 7000]) {
    const seen: string[] = []
    let [nowMs, fire] = [0, () => {}]
    const after = (_: number, run: () => void) => {
      fire = run
    }
    const window = new HealthWindow(officialProcessor, {
      nowMs: () => nowMs,
      after,
      unit: () => 0,
    })
    for (const name of ['first', 'second']) window.ask(() => seen.push(name))
    nowMs = firesMs
    if (firesMs < 5000) fire()
    window.ask(() => seen.push('third'))
    expect(seen).toEqual(['first', 'second'])
  }
})

test('however calls come, at most one is let through between two ends, and all that waited in turn', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 60 }), gapsMs => {
      let atMs = 0
      const asksMs = gapsMs.map(gapMs => (atMs += gapMs))
      const granted = grants(asksMs)
      const grantsMs = granted.filter(seen => typeof seen === 'number')
      expect(granted).not.toContain(undefined)
      expect(grantsMs).toEqual(grantsMs.toSorted((one, other) => one - other))
      // Of any three in a row, the outer two are a window apart.
      for (let index = 2; index < grantsMs.length; index += 1)
        expect((grantsMs[index] ?? 0) - (grantsMs[index - 2] ?? 0)).toBeGreaterThanOrEqual(5000)
      // A refused call came while two were waiting.
      for (const [index, seen] of granted.entries()) {
        const waiting = granted.slice(0, index).filter(other => Number(other) > (asksMs[index] ?? 0))
        expect(seen === 'refused').toBe(waiting.length === 2)
      }
    }),
  )
})
