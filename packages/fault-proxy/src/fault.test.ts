import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Piece, type ProxyFault, paced } from './fault.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const joined = (pieces: readonly Piece[]) => pieces.flatMap(piece => [...piece.bytes])

describe('the pace of a fault', () => {
  test('is none without one: everything at once, in one piece', () => {
    expect(paced(undefined, bytesOf('abc'), 100, 0, 0.5)).toEqual([{ bytes: bytesOf('abc'), dueMs: 100 }])
  })

  test('adds latency and its share of the jitter', () => {
    const fault: ProxyFault = { kind: 'latency', delayMs: 30, jitterMs: 20 }
    expect(paced(fault, bytesOf('abc'), 100, 0, 0.5)).toEqual([{ bytes: bytesOf('abc'), dueMs: 140 }])
  })

  test('drips: each piece takes the time that its bytes take', () => {
    const fault: ProxyFault = { kind: 'drip', bytesPerSecond: 40 }
    expect(paced(fault, bytesOf('abcde'), 1000, 0, 0)).toEqual([
      { bytes: bytesOf('ab'), dueMs: 1050 },
      { bytes: bytesOf('cd'), dueMs: 1100 },
      { bytes: bytesOf('e'), dueMs: 1125 },
    ])
  })

  const faults = fc.oneof(
    fc.constant(undefined),
    fc.record({ kind: fc.constant('latency' as const), delayMs: fc.nat(500), jitterMs: fc.nat(500) }),
    fc.record({ kind: fc.constant('drip' as const), bytesPerSecond: fc.integer({ min: 1, max: 5000 }) }),
  )

  test('keeps every byte and the order of time, whatever the fault', () => {
    fc.assert(
      fc.property(
        faults,
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.nat(1000),
        fc.float({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (fault, bytes, notBeforeMs, jitter) => {
          const pieces = paced(fault, bytes, 500, notBeforeMs, jitter)
          expect(joined(pieces)).toEqual([...bytes])
          const dues = [notBeforeMs, 500, ...pieces.map(piece => piece.dueMs)]
          expect(Math.max(...dues)).toBe(dues.at(-1))
          expect(dues.slice(2)).toEqual(dues.slice(2).toSorted((left, right) => left - right))
        },
      ),
    )
  })
})
