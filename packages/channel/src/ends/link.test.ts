import type { Timers } from '@rinha/base'
import { expect, test } from 'vitest'
import { encodeMessage } from '../codec.ts'
import { lingerMs } from '../limits.ts'
import type { OutgoingMessage } from '../messages.ts'
import { Link } from './link.ts'
import type { ByteStream, StreamEvents } from './ports.ts'
import { Traffic } from './traffic.ts'

/** A stream that records the calls to it, in order. */
class FakeStream implements ByteStream {
  readonly peer = 'peer'
  needsDrain = false
  readonly calls: string[] = []
  events: StreamEvents | undefined
  attach(events: StreamEvents): void {
    this.events = events
  }
  write(): void {
    this.calls.push('write')
  }
  cork(): void {
    this.calls.push('cork')
  }
  uncork(): void {
    this.calls.push('uncork')
  }
  pause(): void {
    this.calls.push('pause')
  }
  resume(): void {
    this.calls.push('resume')
  }
  end(): void {
    this.calls.push('end')
  }
  destroy(): void {
    this.calls.push('destroy')
  }
}

function linked({ answersPeer = true } = {}) {
  const stream = new FakeStream()
  const running = new Map<object, { ms: number; run: () => void }>()
  const start = (ms: number, run: () => void) => {
    const key = {}
    running.set(key, { ms, run })
    return () => void running.delete(key)
  }
  const timers: Timers = { after: start, every: start, soon: run => run() }
  const heard: string[] = []
  /** The owner's handler of a message. */
  const then = { onMessage: () => {} }
  const link = new Link(
    stream,
    timers,
    {
      onMessage: message => {
        heard.push(message.type)
        then.onMessage()
      },
      onNonsense: reason => heard.push(reason),
      onPause: () => heard.push('pause'),
      onDrained: () => heard.push('drained'),
      onClosed: cause => heard.push(cause),
    },
    { answersPeer, openMsMax: 5000, traffic: new Traffic() },
  )
  const timer = () => [...running.values()].map(({ ms }) => ms)
  const fire = () => {
    for (const { run } of [...running.values()]) run()
  }
  return { stream, link, heard, then, timer, fire }
}

const heartbeat: OutgoingMessage = { type: 'heartbeat' }
/** A chunk of `count` messages. */
const chunk = (count: number) =>
  new Uint8Array(Array.from({ length: count }, () => [...encodeMessage(heartbeat)]).flat())

test('the answers to one chunk are written in one piece, after one pause', () => {
  const { stream, link, heard, then } = linked()
  then.onMessage = () => link.send(heartbeat)
  stream.events?.onData(chunk(3))
  expect(stream.calls).toEqual(['cork', 'write', 'write', 'write', 'uncork'])
  expect(heard).toEqual(['heartbeat', 'heartbeat', 'heartbeat', 'pause'])
})

test('an end that answers stops between two messages while its answers are not written, and goes on afterwards', () => {
  const { stream, heard, then } = linked()
  then.onMessage = () => {
    stream.needsDrain = true
  }
  stream.events?.onData(chunk(2))
  expect(heard).toEqual(['heartbeat', 'pause'])
  expect(stream.calls.at(-1)).toBe('pause')
  then.onMessage = () => {}
  stream.needsDrain = false
  stream.events?.onDrained()
  expect(heard).toEqual(['heartbeat', 'pause', 'heartbeat', 'pause', 'drained'])
  expect(stream.calls.at(-1)).toBe('resume')
})

test('an end that only asks never stops reading', () => {
  const { stream, heard } = linked({ answersPeer: false })
  stream.needsDrain = true
  stream.events?.onData(chunk(2))
  expect(heard).toEqual(['heartbeat', 'heartbeat', 'pause'])
  expect(stream.calls).not.toContain('pause')
})

test('an ended link reads on for its linger, ignores what it reads, and is then cut', () => {
  const { stream, link, heard, timer, fire } = linked()
  link.end({ type: 'goodbye', reason: 'enough' }, 'it was enough')
  expect(stream.calls).toEqual(['write', 'resume', 'end'])
  stream.events?.onData(chunk(1))
  link.send(heartbeat)
  expect(heard).toEqual([])
  expect(timer()).toEqual([lingerMs])
  fire()
  expect(stream.calls).toEqual(['write', 'resume', 'end', 'destroy'])
  stream.events?.onError('too late to matter')
  stream.events?.onClosed()
  expect(heard).toEqual(['it was enough'])
  expect(timer()).toEqual([])
})

test('a link has one timer: the deadline of the handshake, then the heartbeat', () => {
  const { stream, link, timer, fire } = linked()
  expect(timer()).toEqual([5000])
  link.open(100, 'both')
  expect(timer()).toEqual([100])
  fire()
  expect(stream.calls).toEqual(['write'])
})
