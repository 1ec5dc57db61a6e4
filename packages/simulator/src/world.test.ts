import { Deadlines, Prng } from '@rinha/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventHeap } from './event-heap.ts'
import { World, worldStartMs } from './world.ts'

test('W1, W2: events run in the order of their times, and of their scheduling among equals', () => {
  const world = new World(1)
  const seen: string[] = []
  const say = (word: string) => () => seen.push(`${word}@${world.nowMs - worldStartMs}`)
  world.after(5, say('c'))
  world.after(1, () => {
    say('a')()
    world.after(0, say('b'))
    world.after(4, say('d'))
  })
  world.at(worldStartMs + 20, say('late'))
  world.runUntil(worldStartMs + 10)
  expect(seen).toEqual(['a@1', 'b@1', 'c@5', 'd@5'])
  expect(world.nowMs).toBe(worldStartMs + 10)
  expect(() => world.at(worldStartMs + 9, () => {})).toThrow('W1')
  expect(() => world.after(-1, () => {})).toThrow('W1')
  expect(world.step()).toBe(true)
  expect(world.step()).toBe(false)
})

test('the heap gives what the plain queue of deadlines gives', () => {
  const commands = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(null)), { maxLength: 3000 })
  fc.assert(
    fc.property(commands, list => {
      const heap = new EventHeap()
      const model = new Deadlines<number>()
      let last = -1
      for (const [index, time] of list.entries()) {
        if (time !== null) {
          heap.push(time, () => {
            last = index
          })
          model.push(time, index)
          continue
        }
        expect(heap.nextMs).toBe(model.nextMs)
        heap.pop()?.()
        const expected = model.popDue(Number.POSITIVE_INFINITY)
        if (expected !== undefined) expect(last).toBe(expected)
        expect(heap.count).toBe(model.count)
      }
    }),
    { seed: 4 },
  )
})

test('the heap grows past its initial size', () => {
  const heap = new EventHeap()
  const prng = new Prng(1)
  for (let index = 0; index < 5000; index += 1) heap.push(prng.unit(), () => {})
  let before = 0
  while (heap.count > 0) {
    expect(heap.nextMs).toBeGreaterThanOrEqual(before)
    before = heap.nextMs
    heap.pop()
  }
})

test('W3: the trace hash depends on what is noted, its value, its time and the order, and on nothing else', () => {
  const hash = (...notes: (readonly [number, string, number])[]) => {
    const world = new World(9)
    for (const [afterMs, word, value] of notes) {
      world.runUntil(world.nowMs + afterMs)
      world.note(word, value)
    }
    return world.traceHash
  }
  const base = hash([1, 'a', 1], [1, 'b', 2])
  expect(hash([1, 'a', 1], [1, 'b', 2])).toBe(base)
  expect(base).toMatch(/^[0-9a-f]{16}$/)
  const others = [
    hash([1, 'a', 1], [2, 'b', 2]),
    hash([1, 'b', 2], [1, 'a', 1]),
    hash([1, 'a', 1], [1, 'b', 3]),
    hash([1, 'a', 2 ** 40], [1, 'b', 2]),
    hash([1, 'a', 1]),
    hash([1, 'a', 1], [1, 'b', 2], [0, 'b', 2]),
  ]
  expect(new Set([base, ...others]).size).toBe(others.length + 1)
})

test('a stream is not disturbed by random numbers that other parts draw', () => {
  const rolls = (disturb: boolean) => {
    const world = new World(3)
    const [one, other] = [world.stream(), world.stream()]
    if (disturb) for (let roll = 0; roll < 7; roll += 1) one.unit()
    return [other.uint32(), other.uint32()]
  }
  expect(rolls(true)).toEqual(rolls(false))
})
