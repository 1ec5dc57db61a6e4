import { expect, test } from 'vitest'
import { BoundsChecker } from './bounds-checker.ts'
import type { Running } from './checkers.ts'
import type { NodeChannel } from './node-channel.ts'
import { blamed, Facts } from './testing.ts'

const plan = { bufferCountMax: 20, inFlightCountMax: 30, tickMsMax: 8 }

interface State {
  readonly heldCount?: number
  readonly outstandingCount?: number
  readonly limitCount?: number
  readonly inFlightCount?: number
  readonly underWayCount?: number
  readonly roomCount?: number
  readonly isFailing?: boolean
  readonly holding?: { readonly reason: string } | null
  readonly wakeAtMs?: number
}

/** A checker that gets states one after the other. */
function looking() {
  const facts = new Facts(plan)
  const nodes = [
    { index: 0, end: undefined },
    { index: 1, end: { unacknowledgedCount: 0 } },
  ]
  const checker = new BoundsChecker({ ...facts, nodes: nodes as unknown as readonly NodeChannel[] })
  return ({
    heldCount = 20,
    outstandingCount = 100,
    roomCount = 100,
    limitCount = 30,
    inFlightCount = 5,
    underWayCount = 5,
    isFailing = false,
    holding = null,
    wakeAtMs = 6000,
  }: State): string => {
    if (nodes[1] !== undefined) nodes[1].end = { unacknowledgedCount: heldCount }
    Object.assign(facts.engine, { roomCount, underWayCount, wakeAtMs })
    const running = {
      engine: facts.engine,
      channel: { outstandingCount },
      coordinator: { status: () => ({ processors: [{ limitCount, inFlightCount }], holding }) },
      process: { time: () => ({ nowMs: 1000 }) },
      log: { failure: isFailing ? 'the disk is full' : undefined },
    } as unknown as Running
    return blamed(() => checker.check(running))
  }
}

test.each<readonly [string, State, string]>([
  ['everything is at its limit', {}, 'nothing'],
  ['a node holds one payment too many', { heldCount: 21 }, 'bounds: node 1 holds too many'],
  ['there is credit without room', { outstandingCount: 101 }, 'bounds: credit for 101, room for 100'],
  ['a limiter has grown past its maximum', { limitCount: 31 }, 'bounds: a limit of 31'],
  ['an attempt is not counted', { underWayCount: 6 }, 'bounds: 6 attempts under way, 5 counted'],
  ['a payment waits, and is looked at again', { holding: { reason: 'pace' }, wakeAtMs: 1013 }, 'nothing'],
  [
    'a payment waits, and nobody looks again',
    { holding: { reason: 'pace' }, wakeAtMs: 1014 },
    'progress: a payment waits (pace), and the next look is in 14 ms',
  ],
  ['a payment waits for a person', { holding: { reason: 'paused' } }, 'nothing'],
  ['an attempt is counted for ever', { underWayCount: 4 }, 'bounds: 4 attempts under way, 5 counted'],
])('where %s', (_, state, words) => {
  expect(looking()(state)).toBe(words)
})

test('while the journal fails, payments for which nodes have credit may still come, and no others', () => {
  const look = looking()
  const failing = { isFailing: true, outstandingCount: 0 }
  expect(look({ isFailing: true, roomCount: 100, outstandingCount: 10 })).toBe('nothing')
  expect(look({ ...failing, roomCount: 90 })).toBe('nothing')
  expect(look({ ...failing, roomCount: 89 })).toBe(
    'bounds: payments are taken that the journal cannot be told of',
  )
})

test('when the journal works again, and with another coordinator, the count starts again', () => {
  const look = looking()
  expect(look({ isFailing: true, roomCount: 100, outstandingCount: 0 })).toBe('nothing')
  expect(look({ isFailing: false, roomCount: 50, outstandingCount: 0 })).toBe('nothing')
  expect(look({ isFailing: true, roomCount: 50, outstandingCount: 0 })).toBe('nothing')
  expect(looking()({ isFailing: true, roomCount: 10, outstandingCount: 0 })).toBe('nothing')
})
