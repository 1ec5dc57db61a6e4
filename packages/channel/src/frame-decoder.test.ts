import { joinBytes } from '@rinha/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameDecoder } from './frame-decoder.ts'

function frame(payload: Uint8Array): Uint8Array {
  const whole = new Uint8Array(payload.length + 4)
  new DataView(whole.buffer).setUint32(0, payload.length)
  whole.set(payload, 4)
  return whole
}

function pull(decoder: FrameDecoder): Uint8Array[] {
  const payloads: Uint8Array[] = []
  for (let next = decoder.next(); next instanceof Uint8Array; next = decoder.next())
    payloads.push(next.slice())
  return payloads
}

const payloads = [
  Uint8Array.of(1),
  Uint8Array.of(2, 3, 4),
  new Uint8Array(300).fill(5),
  Uint8Array.of(0, 0, 0, 1),
]
const stream = joinBytes(payloads.map(frame))

test('frames come out whole when the stream is cut once, at every byte', () => {
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const decoder = new FrameDecoder(300)
    decoder.push(stream.slice(0, cut))
    const first = pull(decoder)
    decoder.push(stream.slice(cut))
    expect([...first, ...pull(decoder)]).toEqual(payloads)
  }
})

test('frames come out whole when every byte comes alone', () => {
  const decoder = new FrameDecoder(300)
  const seen: Uint8Array[] = []
  for (const byte of stream) {
    decoder.push(Uint8Array.of(byte))
    seen.push(...pull(decoder))
  }
  expect(seen).toEqual(payloads)
})

test('frames come out whole under any cuts, whether they are pulled at once or later', () => {
  const payload = fc.uint8Array({ minLength: 1, maxLength: 40 })
  const cuts = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.boolean()), {
    maxLength: 40,
    size: 'max',
  })
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 8 }), cuts, (sent, pieces) => {
      const bytes = joinBytes(sent.map(frame))
      const decoder = new FrameDecoder(40)
      const seen: Uint8Array[] = []
      let at = 0
      for (const [length, pullNow] of pieces) {
        decoder.push(bytes.slice(at, at + length))
        at += length
        const next = pullNow ? decoder.next() : undefined
        if (next instanceof Uint8Array) seen.push(next.slice())
      }
      decoder.push(bytes.slice(at))
      expect([...seen, ...pull(decoder)]).toEqual(sent)
    }),
  )
})

test('an overlong frame is a problem at its fourth byte, for good', () => {
  const decoder = new FrameDecoder(10)
  decoder.push(Uint8Array.of(0, 0, 0))
  expect(decoder.next()).toBeUndefined()
  decoder.push(Uint8Array.of(11))
  expect(decoder.next()).toBe('overlong')
  decoder.push(frame(Uint8Array.of(1)))
  expect(decoder.next()).toBe('overlong')
})

test('frames in front of an overlong one still come out', () => {
  const decoder = new FrameDecoder(10)
  decoder.push(joinBytes([frame(Uint8Array.of(1)), Uint8Array.of(0xff, 0xff, 0xff, 0xff)]))
  expect(pull(decoder)).toEqual([Uint8Array.of(1)])
  expect(decoder.next()).toBe('overlong')
})

test('a frame of exactly the limit passes, and an empty one does not', () => {
  const decoder = new FrameDecoder(10)
  decoder.push(frame(new Uint8Array(10)))
  expect(pull(decoder)).toEqual([new Uint8Array(10)])
  decoder.push(Uint8Array.of(0, 0, 0, 0))
  expect(decoder.next()).toBe('empty')
})

test('the limit may be raised between two frames of one chunk', () => {
  const decoder = new FrameDecoder(1)
  decoder.push(joinBytes([frame(Uint8Array.of(1)), frame(Uint8Array.of(1, 2, 3))]))
  expect(decoder.next()).toEqual(Uint8Array.of(1))
  decoder.payloadBytesMax = 3
  expect(decoder.next()).toEqual(Uint8Array.of(1, 2, 3))
})
