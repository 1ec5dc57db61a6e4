import { Prng } from '@rinha/base'
import { type StreamHarness, streamContract } from '@rinha/channel'
import { describe, expect, test } from 'vitest'
import { World } from '../world.ts'
import { Wire, type WireWeather } from './wire.ts'

const seeds = Array.from({ length: 20 }, (_, seed) => seed)

function rig(weather: Partial<WireWeather> = {}, seed = 1) {
  const world = new World(seed)
  const settings = { delayMsMin: 1, delayMsMax: 20, splitChance: 1, ...weather }
  const wire = new Wire(world, new Prng(seed), settings, ['caller', 'called'])
  return { world, wire, pass: (ms: number) => world.runUntil(world.nowMs + ms) }
}

/** As {@link rig}, with somebody at both ends who takes notes. */
function heard(weather: Partial<WireWeather> = {}, seed = 1) {
  const { wire, ...rest } = rig(weather, seed)
  const [a, b] = wire.ends.map(end => {
    const log = {
      bytes: [] as number[],
      chunks: [] as number[],
      drained: 0,
      errors: [] as string[],
      closed: 0,
    }
    end.attach({
      onData: chunk => {
        log.bytes.push(...chunk)
        log.chunks.push(chunk.length)
      },
      onDrained: () => {
        log.drained += 1
      },
      onError: reason => log.errors.push(reason),
      onClosed: () => {
        log.closed += 1
      },
    })
    return log
  })
  if (a === undefined || b === undefined) throw new Error('a wire has two ends')
  return { wire, a, b, ...rest }
}

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, index) => index)

function harness(seed: number): StreamHarness {
  const { world, wire, pass } = rig({}, seed)
  return {
    ends: wire.ends,
    until: async (what, condition) => {
      const endMs = world.nowMs + 4000
      while (!condition()) {
        if (world.nowMs > endMs) throw new Error(`waited in vain until ${what}`)
        pass(1)
      }
    },
    settle: async () => pass(100),
  }
}

describe('a wire as a stream', () => {
  test.each(streamContract.map(check => [check.name, check] as const))('%s', async (_, check) => {
    for (const seed of seeds) await check.run(harness(seed))
  })
})

describe('a wire', () => {
  test('delivers what is written in pieces, and pieces together', () => {
    const pieces = heard({ splitChance: 1 })
    pieces.wire.ends[0].write(bytes(100))
    pieces.pass(100)
    expect(pieces.b.chunks.length).toBeGreaterThan(2)
    const joined = heard({ splitChance: 0, delayMsMax: 1 }, 2)
    for (let count = 0; count < 20; count += 1) joined.wire.ends[0].write(bytes(5))
    joined.pass(100)
    expect(joined.b.bytes.length).toBe(100)
    expect(joined.b.chunks.length).toBeLessThan(20)
  })

  test('that is cut delivers at most the first bytes of those on their way, and each end is told once', () => {
    const arrived = seeds.map(seed => {
      const { wire, a, b, pass } = heard({ delayMsMin: 5 }, seed)
      wire.ends[0].write(bytes(100))
      wire.cut()
      wire.ends[0].write(bytes(100))
      pass(200)
      expect(b.bytes).toEqual([...bytes(b.bytes.length)])
      expect(b.bytes.length).toBeLessThanOrEqual(100)
      expect([a.closed, b.closed, a.errors, b.errors]).toEqual([
        1,
        1,
        ['read ECONNRESET'],
        ['read ECONNRESET'],
      ])
      return b.bytes.length
    })
    expect(new Set(arrived).size).toBeGreaterThan(10)
  })

  test('that falls silent delivers no byte and tells neither end: each has to find out by itself', () => {
    const { wire, a, b, pass } = heard()
    wire.ends[0].write(bytes(10))
    wire.silence()
    wire.ends[1].write(bytes(10))
    pass(10_000)
    wire.ends[0].destroy()
    pass(10_000)
    expect([a.bytes, b.bytes, a.closed, b.closed]).toEqual([[], [], 1, 0])
  })

  test('whose process is killed tells it nothing more, and the other end that it is over', () => {
    const { wire, a, b, pass } = heard()
    wire.ends[1].write(bytes(10))
    wire.ends[0].kill()
    pass(200)
    expect([a.bytes, a.closed, b.closed]).toEqual([[], 0, 1])
  })

  test.each([
    ['that has read everything delivers all that it wrote, and the end', 0],
    ['with something unread resets: the next write fails, and what had not come is lost', 1],
  ])('whose process is killed %s', (_, unreadCount) => {
    for (const seed of seeds) {
      const { wire, b, pass } = heard({ delayMsMin: 5 }, seed)
      wire.ends[1].write(bytes(10))
      if (unreadCount === 0) pass(200)
      wire.ends[0].write(bytes(100))
      wire.ends[0].write(bytes(100))
      wire.ends[0].kill()
      if (unreadCount > 0) wire.ends[1].write(bytes(10))
      pass(200)
      expect([b.bytes.length, b.errors, b.closed]).toEqual([
        unreadCount === 0 ? 200 : 0,
        unreadCount === 0 ? [] : ['write ECONNRESET'],
        1,
      ])
    }
  })

  test('whose process is killed lets the first write after it pass, and the second fail', () => {
    const { wire, b, pass } = heard({ delayMsMin: 5 })
    wire.ends[0].write(bytes(100))
    wire.ends[0].kill()
    wire.ends[1].write(bytes(10))
    pass(1)
    expect(b.closed).toBe(0)
    wire.ends[1].write(bytes(10))
    pass(200)
    expect([b.bytes, b.errors, b.closed]).toEqual([[], ['write ECONNRESET'], 1])
  })

  test('holds back for a paused end, and the end that writes feels it', () => {
    const { wire, a, b, pass } = heard()
    wire.ends[1].pause()
    wire.ends[0].write(bytes(16 * 1024))
    pass(10_000)
    expect([wire.ends[0].needsDrain, a.drained, b.bytes.length]).toEqual([true, 0, 0])
    wire.ends[1].resume()
    pass(100)
    expect([wire.ends[0].needsDrain, a.drained, b.bytes.length]).toEqual([false, 1, 16 * 1024])
  })
})
