import { assert } from '@rinha/base'
import { DiskProblem, type JournalDisk } from './disk.ts'

/**
 * What every implementation of {@link JournalDisk} does, as checks that throw where one does not. An implementation's tests
 * give them an empty disk, and time.
 */
interface DiskHarness {
  readonly disk: JournalDisk
  /** Lets time pass until the condition holds; throws what was waited for when it does not within seconds. */
  until(what: string, condition: () => boolean): Promise<void>
}

export interface DiskCheck {
  readonly name: string
  run(harness: DiskHarness): Promise<void>
}

const bytes = (first: number, last: number) =>
  Uint8Array.from({ length: last - first + 1 }, (_, index) => (first + index) % 256)

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function assertCode(code: string, run: () => unknown): void {
  try {
    run()
  } catch (error) {
    assert(error instanceof DiskProblem && error.code === code, `it refuses with ${code}`)
    return
  }
  assert(false, `it refuses with ${code}`)
}

/** Creates a file with these appends, each awaited. */
async function write({ disk, until }: DiskHarness, name: string, ...parts: Uint8Array[]): Promise<void> {
  const file = disk.create(name)
  for (const part of parts) {
    let isDone = false
    file.append(part, problem => {
      assert(problem === undefined && !isDone, 'an append ends once, and well')
      isDone = true
    })
    assert(!isDone, 'an append does not end from within its call')
    await until('the append has ended', () => isDone)
  }
  file.close()
}

/** Appending to a file that another process has changed fails, and the file does not keep the appended bytes. */
async function assertStale({ disk, until }: DiskHarness, meddle: () => void): Promise<void> {
  const file = disk.create('a')
  const ends: (DiskProblem | undefined)[] = []
  const append = async () => {
    const count = ends.length
    file.append(bytes(0, 9), problem => ends.push(problem))
    await until('the append has ended', () => ends.length > count)
  }
  await append()
  assert(ends[0] === undefined, 'it is ours')
  meddle()
  await append()
  assert(ends[1]?.code === 'ESTALE', 'it refuses with ESTALE')
  file.close()
}

export const diskContract: readonly DiskCheck[] = [
  {
    name: 'an append to a file that was removed, or shortened, is told',
    async run(harness) {
      const { disk } = harness
      await assertStale(harness, () => disk.truncate('a', 5))
      disk.remove('a')
      await assertStale(harness, () => disk.remove('a'))
      await assertStale(harness, () => {
        disk.remove('a')
        disk.create('a').close()
      })
    },
  },
  {
    name: 'what was appended is read, in any piece',
    async run(harness) {
      const { disk } = harness
      await write(harness, 'a', bytes(0, 99), bytes(100, 250))
      assert(disk.sizeBytes('a') === 251, 'it has its length')
      assert(same(disk.read('a', 0, 1000), bytes(0, 250)), 'all of it')
      assert(same(disk.read('a', 90, 20), bytes(90, 109)), 'a part of it')
      assert(same(disk.read('a', 245, 20), bytes(245, 250)), 'fewer at the end')
      assert(disk.read('a', 251, 5).length === 0 && disk.read('a', 400, 5).length === 0, 'nothing behind it')
    },
  },
  {
    name: 'what was read stays as it is',
    async run(harness) {
      await write(harness, 'a', bytes(0, 99))
      const first = harness.disk.read('a', 0, 50)
      harness.disk.read('a', 50, 50)
      assert(same(first, bytes(0, 49)), 'the first read has not changed')
    },
  },
  {
    name: 'a large append is whole',
    async run(harness) {
      await write(harness, 'a', bytes(0, 3_000_000))
      assert(same(harness.disk.read('a', 0, 4_000_000), bytes(0, 3_000_000)), 'every byte is there')
    },
  },
  {
    name: 'names are those of the files there are, and a new file is empty',
    async run({ disk }) {
      assert(disk.names().length === 0, 'none at first')
      disk.create('a').close()
      disk.create('b').close()
      assert([...disk.names()].sort().join() === 'a,b', 'both')
      assert(disk.sizeBytes('a') === 0, 'it is empty')
      disk.remove('a')
      assert(disk.names().join() === 'b', 'one is gone')
    },
  },
  {
    name: 'a name that is taken refuses a new file, and keeps the old one',
    async run(harness) {
      await write(harness, 'a', bytes(0, 9))
      assertCode('EEXIST', () => harness.disk.create('a'))
      assert(same(harness.disk.read('a', 0, 99), bytes(0, 9)), 'it is as it was')
    },
  },
  {
    name: 'what is not there refuses everything',
    async run({ disk }) {
      assertCode('ENOENT', () => disk.sizeBytes('a'))
      assertCode('ENOENT', () => disk.read('a', 0, 1))
      assertCode('ENOENT', () => disk.truncate('a', 0))
      assertCode('ENOENT', () => disk.remove('a'))
      assertCode('ENOENT', () => disk.rename('a', 'b'))
    },
  },
  {
    name: 'a rename replaces what is there',
    async run(harness) {
      await write(harness, 'a', bytes(0, 9))
      await write(harness, 'b', bytes(20, 99))
      harness.disk.rename('a', 'b')
      assert(harness.disk.names().join() === 'b', 'one file is left')
      assert(same(harness.disk.read('b', 0, 99), bytes(0, 9)), 'with the bytes of the other')
    },
  },
  {
    name: 'truncate cuts the end off',
    async run(harness) {
      await write(harness, 'a', bytes(0, 99))
      harness.disk.truncate('a', 40)
      assert(same(harness.disk.read('a', 0, 99), bytes(0, 39)), 'the start is left')
    },
  },
]
