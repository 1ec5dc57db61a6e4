import { Prng } from '@rinha/base'
import { describe, expect, test } from 'vitest'
import { World } from '../world.ts'
import { Wire, type WireWeather } from './wire.ts'

function rig(weather: Partial<WireWeather> = {}, seed = 1) {
  const world = new World(seed)
  const wire = new Wire(world, new Prng(seed), { delayMsMin: 1, delayMsMax: 20, splitChance: 1, ...weather })
  const heard = [0, 1].map(() => ({ bytes: [] as number[], chunks: 0, drained: 0, closed: [] as string[] }))
  for (const [index, end] of wire.ends.entries()) {
    const log = heard[index]
    if (log === undefined) continue
    end.owner = {
      onBytes: chunk => {
        log.bytes.push(...chunk)
        log.chunks += 1
      },
      onDrained: () => {
        log.drained += 1
      },
      onClosed: cause => log.closed.push(cause),
    }
  }
  const [a, b] = heard
  if (a === undefined || b === undefined) throw new Error('a wire has two ends')
  return { world, wire, a, b, pass: (ms: number) => world.runUntil(world.nowMs + ms) }
}

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, index) => index)

describe('a wire', () => {
  test('delivers what is written, in order, in pieces', () => {
    const { wire, b, pass } = rig()
    wire.ends[0].write(bytes(100))
    wire.ends[0].write(bytes(50))
    pass(100)
    expect(b.bytes).toEqual([...bytes(100), ...bytes(50)])
    expect(b.chunks).toBeGreaterThan(2)
  })

  test('that is cut delivers a beginning of what was on its way, at most, and both ends learn of it once', () => {
    const arrived = Array.from({ length: 30 }, (_, seed) => {
      const { wire, a, b, pass } = rig({ delayMsMin: 5, splitChance: 0 }, seed)
      wire.ends[0].write(bytes(100))
      wire.cut('cut')
      pass(100)
      expect(b.bytes).toEqual([...bytes(b.bytes.length)])
      expect([a.closed, b.closed]).toEqual([['cut'], ['cut']])
      return b.bytes.length
    })
    expect(new Set(arrived).size).toBeGreaterThan(10)
  })

  test('that falls silent delivers nothing and tells nobody', () => {
    const { wire, a, b, pass } = rig()
    wire.ends[0].write(bytes(10))
    wire.silence()
    wire.ends[1].write(bytes(10))
    pass(10_000)
    expect([a, b].map(log => [log.bytes.length, log.closed.length])).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  test('that is ended delivers what was written before, and nothing after', () => {
    const { wire, a, b, pass } = rig()
    wire.ends[0].write(bytes(10))
    wire.ends[0].end()
    wire.ends[0].write(bytes(5))
    pass(100)
    expect(b.bytes).toEqual([...bytes(10)])
    expect([a.closed.length, b.closed.length]).toEqual([1, 1])
  })

  test('is full at 16 KiB, and tells when all of it has left', () => {
    const { wire, a, pass } = rig()
    wire.ends[0].write(bytes(16 * 1024))
    expect(wire.ends[0].full).toBe(true)
    pass(100)
    expect([wire.ends[0].full, a.drained]).toEqual([false, 1])
  })
})
