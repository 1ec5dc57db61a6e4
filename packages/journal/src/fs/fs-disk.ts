import * as fs from 'node:fs'
import { join } from 'node:path'
import { assert } from '@rinha/base'
import { type AppendFile, DiskProblem, type JournalDisk, refusalOf } from '../disk.ts'
import type { Lock } from './lock.ts'

/**
 * A write returns when it is on disk, as if fdatasync followed each: one job for the platform's threads in place of two,
 * and fewer wake-ups of the event loop between a payment and its acknowledgement.
 */
const { O_APPEND, O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = fs.constants
assert(O_DSYNC > 0, 'this platform can write synced')
/** Flags for a file that must not exist yet, and whose writes are synced. */
export const appendSynced = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_DSYNC

/**
 * A directory as a journal's disk. Appends run on the platform's threads, so that the event loop does not wait for
 * them. Everything else is rare (a start, a new segment, the end of a snapshot) and synchronous.
 *
 * A new, renamed or removed name survives a power cut only once its directory is synced, so each of them does that.
 */
export class FsDisk implements JournalDisk {
  readonly #path: string
  readonly #lock: Pick<Lock, 'lost'> | undefined

  /** Without a lock the directory is only read. */
  constructor(path: string, lock?: Pick<Lock, 'lost'>) {
    this.#path = path
    this.#lock = lock
  }

  lost(): string | undefined {
    return this.#lock?.lost()
  }

  names(): readonly string[] {
    return guarded(() => fs.readdirSync(this.#path))
  }

  sizeBytes(name: string): number {
    return guarded(() => {
      const found = fs.statSync(this.#pathOf(name))
      // Opening a named pipe would block for ever.
      if (!found.isFile()) throw new DiskProblem('EINVAL', `${name} is no file`)
      return found.size
    })
  }

  read(name: string, offset: number, countMax: number): Uint8Array {
    return guarded(() =>
      withFile(this.#pathOf(name), 'r', file => {
        const count = Math.max(0, Math.min(countMax, fs.fstatSync(file).size - offset))
        const bytes = new Uint8Array(count)
        let at = 0
        while (at < count) {
          const readCount = fs.readSync(file, bytes, at, count - at, offset + at)
          if (readCount === 0) break
          at += readCount
        }
        return bytes.subarray(0, at)
      }),
    )
  }

  truncate(name: string, sizeBytes: number): void {
    guarded(() =>
      withFile(this.#pathOf(name), 'r+', file => {
        fs.ftruncateSync(file, sizeBytes)
        fs.fsyncSync(file)
      }),
    )
  }

  create(name: string): AppendFile {
    return guarded(() => {
      const file = fs.openSync(this.#pathOf(name), appendSynced, 0o600)
      try {
        this.#syncNames()
      } catch (error) {
        fs.closeSync(file)
        throw error
      }
      return new FsAppendFile(file, this.#pathOf(name))
    })
  }

  rename(from: string, to: string): void {
    guarded(() => {
      fs.renameSync(this.#pathOf(from), this.#pathOf(to))
      this.#syncNames()
    })
  }

  remove(name: string): void {
    guarded(() => {
      fs.unlinkSync(this.#pathOf(name))
      this.#syncNames()
    })
  }

  #syncNames(): void {
    withFile(this.#path, 'r', file => fs.fsyncSync(file))
  }

  #pathOf(name: string): string {
    return join(this.#path, name)
  }
}

class FsAppendFile implements AppendFile {
  readonly #file: number
  readonly #path: string
  readonly #inode: number
  #sizeBytes = 0

  constructor(file: number, path: string) {
    this.#file = file
    this.#path = path
    this.#inode = fs.fstatSync(file).ino
  }

  append(bytes: Uint8Array, done: (problem: DiskProblem | undefined) => void): void {
    const write = (at: number) => {
      fs.write(this.#file, bytes, at, bytes.length - at, null, (error, count) => {
        if (error !== null) return done(problemOf(error))
        if (at + count === bytes.length) return done(this.#problemAfter(bytes.length))
        // A write that writes nothing and reports no error would otherwise be repeated for ever.
        return count === 0 ? done(new DiskProblem('EIO', 'nothing was written')) : write(at + count)
      })
    }
    write(0)
  }

  close(): void {
    guarded(() => fs.closeSync(this.#file))
  }

  /** Bytes that were written to a file which no later process will find are not durable. */
  #problemAfter(bytesCount: number): DiskProblem | undefined {
    this.#sizeBytes += bytesCount
    return refusalOf(() =>
      guarded(() => {
        const found = fs.statSync(this.#path, { throwIfNoEntry: false })
        if (found?.ino !== this.#inode) throw new DiskProblem('ESTALE', `${this.#path} is gone`)
        if (found.size !== this.#sizeBytes)
          throw new DiskProblem('ESTALE', `${this.#path} has been changed by another process`)
      }),
    )
  }
}

function withFile<T>(path: string, flags: string, run: (file: number) => T): T {
  const file = fs.openSync(path, flags)
  try {
    return run(file)
  } finally {
    fs.closeSync(file)
  }
}

function guarded<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof Error && !(error instanceof DiskProblem) && 'code' in error) throw problemOf(error)
    throw error
  }
}

/** The platform's error by its code, such as ENOSPC. */
export function problemOf(error: Error): DiskProblem {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'EIO'
  return new DiskProblem(code, error.message)
}
