import { assert } from '@rinha/base'
import type { ByteStream } from './ports.ts'

/**
 * What every implementation of {@link ByteStream} does, as checks that throw where one does not. An implementation's
 * tests give them a harness: both ends of one connection, and time.
 *
 * Without such a suite, a simulation could model a network that does not exist.
 */
export interface StreamHarness {
  /** Connected, and not yet attached to. */
  readonly ends: readonly [ByteStream, ByteStream]
  /** Lets time pass until the condition holds; throws what was waited for when it does not within seconds. */
  until(what: string, condition: () => boolean): Promise<void>
  /** Lets so much time pass that what can arrive does. */
  settle(): Promise<void>
}

export interface StreamCheck {
  readonly name: string
  run(harness: StreamHarness): Promise<void>
}

/** The events that an end has received. */
class Log {
  readonly stream: ByteStream
  readonly chunks: Uint8Array[] = []
  drainCount = 0
  errorCount = 0
  closeCount = 0
  #calling = false

  constructor(stream: ByteStream, onChunk = () => {}) {
    this.stream = stream
    stream.attach({
      onData: chunk => {
        this.#hear()
        this.chunks.push(chunk)
        onChunk()
      },
      onDrained: () => {
        this.#hear()
        this.drainCount += 1
      },
      onError: () => {
        this.#hear()
        this.errorCount += 1
      },
      onClosed: () => {
        this.#hear()
        this.closeCount += 1
      },
    })
  }

  get bytesCount(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0)
  }

  /** Calls into the stream: events have to wait until the call has returned. */
  call(run: (stream: ByteStream) => void): void {
    this.#calling = true
    run(this.stream)
    this.#calling = false
  }

  #hear(): void {
    assert(!this.#calling, 'no event comes from within a call')
    assert(this.closeCount === 0, 'nothing comes after the close')
  }
}

const bytes = (first: number, last: number) =>
  Uint8Array.from({ length: last - first + 1 }, (_, index) => (first + index) % 256)

function equal(log: Log, expected: Uint8Array): boolean {
  const heard = log.chunks.flatMap(chunk => [...chunk])
  return heard.length === expected.length && heard.every((byte, index) => byte === expected[index])
}

const bothClosed = (a: Log, b: Log) => () => a.closeCount === 1 && b.closeCount === 1

export const streamContract: readonly StreamCheck[] = [
  {
    name: 'what is written arrives, in order, both ways',
    async run({ ends, until }) {
      const [a, b] = [new Log(ends[0]), new Log(ends[1])]
      a.call(stream => stream.write(bytes(0, 99)))
      a.call(stream => stream.write(bytes(100, 149)))
      b.call(stream => stream.write(bytes(7, 9)))
      await until('all has arrived', () => b.bytesCount >= 150 && a.bytesCount >= 3)
      assert(equal(b, bytes(0, 149)) && equal(a, bytes(7, 9)), 'the bytes are the same')
    },
  },
  {
    name: 'what is corked waits until it is uncorked',
    async run({ ends, until, settle }) {
      const [a, b] = [new Log(ends[0]), new Log(ends[1])]
      a.call(stream => {
        stream.cork()
        stream.write(bytes(0, 9))
        stream.write(bytes(10, 19))
      })
      await settle()
      assert(b.bytesCount === 0, 'nothing has left')
      a.call(stream => stream.uncork())
      await until('it has arrived', () => b.bytesCount >= 20)
      assert(equal(b, bytes(0, 19)), 'the bytes are the same')
    },
  },
  {
    name: 'a paused end hears no bytes, and all of them once it is resumed',
    async run({ ends, until, settle }) {
      const [a, b] = [new Log(ends[0]), new Log(ends[1])]
      b.call(stream => stream.pause())
      a.call(stream => stream.write(bytes(0, 9)))
      await settle()
      a.call(stream => stream.write(bytes(10, 19)))
      await settle()
      assert(b.bytesCount === 0, 'nothing is heard')
      b.call(stream => stream.resume())
      await until('it has arrived', () => b.bytesCount >= 20)
      assert(equal(b, bytes(0, 19)), 'the bytes are the same')
    },
  },
  {
    name: 'what comes apart while an end is paused stays apart, and one chunk is heard for each time it is resumed',
    async run({ ends, until, settle }) {
      const [a, b] = [new Log(ends[0]), new Log(ends[1], () => ends[1].pause())]
      b.call(stream => stream.pause())
      for (const first of [0, 10, 20]) {
        a.call(stream => stream.write(bytes(first, first + 9)))
        await settle()
      }
      for (let count = 1; b.bytesCount < 30; count += 1) {
        b.call(stream => stream.resume())
        await until('a chunk has arrived', () => b.chunks.length >= count)
        await settle()
        assert(b.chunks.length === count, 'no more than one is heard')
      }
      assert(b.chunks.length >= 3, 'they are apart')
      assert(equal(b, bytes(0, 29)), 'the bytes are the same')
    },
  },
  {
    name: 'an end that writes more than can leave needs a drain, and hears of it when all has left',
    async run({ ends, until, settle }) {
      const [a, b] = [new Log(ends[0]), new Log(ends[1])]
      assert(!ends[0].needsDrain, 'nothing is written yet')
      b.call(stream => stream.pause())
      // The operating system buffers some megabytes for each connection before the stream's own buffer fills.
      let writtenBytes = 0
      while (!ends[0].needsDrain && writtenBytes < 100_000_000) {
        a.call(stream => stream.write(bytes(1, 50_000)))
        writtenBytes += 50_000
      }
      assert(ends[0].needsDrain, 'it needs a drain')
      b.call(stream => stream.resume())
      await until('it is drained', () => a.drainCount === 1)
      assert(!ends[0].needsDrain, 'all has left')
      await until('it has arrived', () => b.bytesCount === writtenBytes)
      a.call(stream => stream.write(bytes(1, 10)))
      await settle()
      assert(a.drainCount === 1, 'a little is no reason to say so again')
    },
  },
  {
    name: 'after end() what was written still arrives, nothing more does, and both ends close without an error',
    async run({ ends, until }) {
      const [a, b] = [new Log(ends[0]), new Log(ends[1])]
      a.call(stream => {
        stream.write(bytes(0, 9))
        stream.end()
      })
      await until('both have closed', bothClosed(a, b))
      assert(equal(b, bytes(0, 9)), 'it has arrived')
      assert(a.errorCount === 0 && b.errorCount === 0, 'nothing went wrong')
      assert(!ends[0].needsDrain, 'an end that is over needs no drain')
    },
  },
  {
    name: 'end() takes what is corked with it',
    async run({ ends, until }) {
      const [a, b] = [new Log(ends[0]), new Log(ends[1])]
      a.call(stream => {
        stream.cork()
        stream.write(bytes(0, 9))
        stream.end()
        stream.uncork()
      })
      await until('both have closed', bothClosed(a, b))
      assert(equal(b, bytes(0, 9)), 'it has arrived')
    },
  },
  {
    name: 'destroy() closes both ends, each once, and later calls do nothing',
    async run({ ends, until, settle }) {
      const [a, b] = [new Log(ends[0]), new Log(ends[1])]
      b.call(stream => stream.write(bytes(0, 9)))
      a.call(stream => stream.destroy())
      await until('both have closed', bothClosed(a, b))
      a.call(stream => stream.destroy())
      b.call(stream => stream.destroy())
      await settle()
      assert(a.bytesCount === 0, 'who has closed hears nothing')
    },
  },
]
