import { describe, expect, test } from 'vitest'
import { Network } from '../network.ts'
import { blamed, Facts } from '../testing.ts'
import { SeveralShards } from './several.ts'

type Shards = ConstructorParameters<typeof SeveralShards>[0]['shards']
interface Lane {
  readonly reportedFailing: boolean | null
  readonly polledAgeMs: number | null
}

/** Two shards with one processor: what each knows of its health, and its attempts under way. */
function two(lanes: readonly [Lane, Lane], underWay: readonly [number, number] = [0, 0]) {
  const facts = new Facts({ shard: { index: 0, count: 2 }, processorCount: 1, inFlightCountMax: 20 })
  const shards = lanes.map((lane, index) => ({
    running: {
      engine: { watch: { underWay: () => underWay[index] ?? 0 } },
      coordinator: { status: () => ({ processors: [lane] }) },
    },
    summedAtMs: new Map<string, number>(),
  })) as unknown as Shards
  const network = new Network({ ...facts, secret: 1, door: () => undefined })
  const several = new SeveralShards({ ...facts, network, nodes: [], shards })
  return { check: () => blamed(() => several.check()), finish: () => blamed(() => several.finish()) }
}

const lane = (polledAgeMs: number | null, reportedFailing: boolean | null = false) => ({
  reportedFailing,
  polledAgeMs,
})

describe('several shards', () => {
  test('have no more attempts under way than the limit of all, and a canary each', () => {
    const idle = [lane(null), lane(null)] as const
    expect(two(idle, [11, 11]).check()).toBe('nothing')
    expect(two(idle, [12, 11]).check()).toBe('bounds: all shards have 23 attempts under way at processor 0')
  })

  test.each<[string, Lane, Lane]>([
    ['the others know of the same poll', lane(4000), lane(3300)],
    ['the poll has only just come', lane(2000), lane(null, null)],
    ['shard 0 knows nothing', lane(null, null), lane(9000)],
  ])('agree on a processor at the end where %s', (_, polled, told) => {
    expect(two([polled, told]).finish()).toBe('nothing')
  })

  test.each<[string, Lane, Lane]>([
    ['another knows nothing', lane(4000), lane(null, null)],
    ['another knows something else', lane(4000), lane(3900, true)],
    ['another knows of an earlier poll', lane(4000), lane(9000)],
    ['another knows of one that shard 0 has not made', lane(3000), lane(0)],
  ])('do not where %s', (_, polled, told) => {
    expect(two([polled, told]).finish()).toContain('poll: shard 0 has polled processor 0')
  })
})
