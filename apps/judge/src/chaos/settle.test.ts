import { expect, test } from 'vitest'
import { idleMsMax, type QueueCounts, settle } from './settle.ts'

const idle: QueueCounts = { queuedCount: 0, inFlightCount: 0, unknownCount: 0, settledCount: 0 }

/** Looks 50 ms apart: the last one stays. The API nodes are ready from look number `readyFrom` on. */
function settled(
  looks: readonly (QueueCounts | undefined)[],
  readyFrom = 0,
  overAt = Number.POSITIVE_INFINITY,
) {
  let look = -1
  let nowMs = 0
  return settle({
    queue: async () => {
      look += 1
      return looks[Math.min(look, looks.length - 1)]
    },
    nodesAreReady: async () => look >= readyFrom,
    nowMs: () => nowMs,
    pause: async durationMs => {
      nowMs += durationMs
    },
    isOver: () => nowMs >= overAt,
  })
}

test('an empty queue is idle from the first look', async () => {
  expect(await settled([idle])).toEqual({ unknownsGoneMs: 0, idleMs: 0 })
})

test('unknown outcomes may go before the queue is empty', async () => {
  const looks = [
    { ...idle, unknownCount: 1 },
    { ...idle, queuedCount: 1 },
    { ...idle, inFlightCount: 1 },
    idle,
  ]
  expect(await settled(looks)).toEqual({ unknownsGoneMs: 50, idleMs: 150 })
})

test('a queue that fills again does not count as idle, and outcomes that are unknown again do not count as known', async () => {
  expect(await settled([idle, idle, { ...idle, unknownCount: 2 }, idle])).toEqual({
    unknownsGoneMs: 150,
    idleMs: 150,
  })
  const filled = [...Array.from({ length: 10 }, () => idle), { ...idle, queuedCount: 1 }, idle]
  expect(await settled(filled)).toEqual({ unknownsGoneMs: 0, idleMs: 550 })
})

test('an API node that is not connected may hold payments: not idle yet', async () => {
  expect(await settled([idle], 4)).toEqual({ unknownsGoneMs: 0, idleMs: 200 })
})

test('a queue that never settles is given up, and so is a coordinator that does not answer', async () => {
  expect(await settled([{ ...idle, queuedCount: 1 }])).toEqual({ unknownsGoneMs: 0, idleMs: undefined })
  expect(await settled([undefined])).toEqual({ unknownsGoneMs: undefined, idleMs: undefined })
})

test('a queue that settles at the last allowed moment still counts', async () => {
  const looks = [...Array.from({ length: idleMsMax / 50 }, () => ({ ...idle, queuedCount: 1 })), idle]
  expect(await settled(looks)).toEqual({ unknownsGoneMs: 0, idleMs: idleMsMax })
})

test('after the end of a run there is no wait', async () => {
  expect(await settled([{ ...idle, unknownCount: 1 }], 0, 100)).toEqual({
    unknownsGoneMs: undefined,
    idleMs: undefined,
  })
})
