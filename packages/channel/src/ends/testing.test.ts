import { VirtualTime } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import { type StreamHarness, streamContract } from './contract.ts'
import { Wire } from './testing.ts'

/** `time` passes only as far as a check of the contract asks for. */
function harness(pieceBytes: number): StreamHarness {
  const time = new VirtualTime()
  const wire = new Wire(time)
  wire.pieceBytes = pieceBytes
  return {
    ends: wire.ends,
    until: async (what, condition) => {
      time.settle()
      if (!condition()) throw new Error(`waited in vain until ${what}`)
    },
    settle: async () => time.settle(),
  }
}

describe.each([['whole', Number.POSITIVE_INFINITY] as const, ['in pieces of 997 bytes', 997] as const])(
  'a wire that delivers %s is a stream',
  (_, pieceBytes) => {
    test.each(streamContract.map(check => [check.name, check] as const))('%s', async (_, check) => {
      await check.run(harness(pieceBytes))
    })
  },
)

test('callbacks due at one time run in order, and those for the end of the turn run after all of them', () => {
  const time = new VirtualTime()
  const order: string[] = []
  time.soon(() => order.push('turn ends'))
  time.after(0, () => {
    order.push('first')
    time.after(0, () => order.push('third'))
    time.soon(() => time.after(0, () => order.push('next turn')))
  })
  time.after(0, () => order.push('second'))
  time.after(1, () => order.push('later'))
  time.settle()
  expect(order).toEqual(['first', 'second', 'third', 'turn ends', 'next turn'])
  time.pass(1)
  expect(order.at(-1)).toBe('later')
})

test('a repeating callback runs at its interval until it is cancelled, even by itself', () => {
  const time = new VirtualTime()
  const atMs: number[] = []
  const cancel = time.every(100, () => {
    atMs.push(time.nowMs)
    if (atMs.length === 3) cancel()
  })
  time.pass(99)
  expect(atMs).toEqual([])
  time.pass(1000)
  expect(atMs).toEqual([100, 200, 300])
})

test('a held wire delivers nothing, a cut wire tells both ends why, and a breaking wire has delivered the bytes before', () => {
  const time = new VirtualTime()
  const heard: string[] = []
  const wired = () => {
    const wire = new Wire(time)
    wire.ends.forEach((end, index) => {
      end.attach({
        onData: chunk => heard.push(`${index} reads ${chunk.length}`),
        onDrained: () => {},
        onError: reason => heard.push(`${index} ${reason}`),
        onClosed: () => heard.push(`${index} closed`),
      })
    })
    return wire
  }
  const held = wired()
  held.held = true
  held.ends[0].write(new Uint8Array(5))
  held.ends[0].destroy()
  time.pass(60_000)
  expect(heard.splice(0)).toEqual(['0 closed'])
  const broken = wired()
  broken.bytesLeft = 7
  broken.ends[0].write(new Uint8Array(5))
  time.settle()
  broken.ends[1].write(new Uint8Array(5))
  time.settle()
  const told = ['0 read ECONNRESET', '0 closed', '1 read ECONNRESET', '1 closed']
  expect(heard).toEqual(['1 reads 5', '0 reads 2', ...told])
})
