import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hashId } from '@rinha/payment'
import { syncDirectory } from './sync-directory.ts'

/**
 * Which ids an archive may have: a Bloom filter in files. "No" is certain; "yes" is wrong once in some hundred times.
 *
 * LevelDB has such filters of its own, one a table. But it counts every look-up that concerns more than one table, and after some
 * thousand of them it merges those tables, although nothing was read. Nearly every look-up here is for an id that is new. So without
 * this filter, LevelDB would rewrite all tables again and again, and a payment would cost more the more the archive has.
 *
 * A filter is made for a number of ids and does not grow. So the first has room for `firstCountMax` ids, and each next one for
 * twice as many as the one before it. A look-up reads one block in each: 64 bytes, from the cache of the operating system.
 *
 * Invariants:
 *   1. An id is in the filter before the archive has it.
 *   2. What was added since the last `sync` is lost with the machine, not with the process. The archive keeps those ids elsewhere.
 */
export class KnownIds {
  readonly #path: string
  readonly #firstCountMax: number
  readonly #files: File[] = []
  readonly #block = new Uint8Array(blockBytes)
  #unsynced = new Set<File>()

  /** `firstCountMax`: a power of two, at least 32. Throws the error of the system. */
  constructor(path: string, firstCountMax: number) {
    this.#path = path
    this.#firstCountMax = firstCountMax
  }

  /** Opens what `count` ids have left. False: a file is missing or cut off. */
  openExisting(count: number): boolean {
    if (count === 0) return true
    for (let number = 0; number <= this.#numberFor(count - 1); number += 1) {
      const bytes = this.#bytesOf(number)
      if (statSync(fileOf(this.#path, number), { throwIfNoEntry: false })?.size !== bytes) return false
      this.#files.push({ fd: openSync(fileOf(this.#path, number), 'r+'), blockCount: bytes / blockBytes })
    }
    return true
  }

  /** Whether the id at `offset` may have been added. */
  has(ids: Uint8Array, offset: number): boolean {
    return this.#files.some(file => {
      readSync(file.fd, this.#block, 0, blockBytes, blockAt(file, ids, offset))
      return isSet(this.#block, ids, offset)
    })
  }

  /** `count`: how many the archive has. An id that is added again takes room again. */
  add(id: Uint8Array, count: number): void {
    const file = this.#fileFor(count)
    const at = blockAt(file, id, 0)
    readSync(file.fd, this.#block, 0, blockBytes, at)
    setBits(this.#block, id)
    writeSync(file.fd, this.#block, 0, blockBytes, at)
    this.#unsynced.add(file)
  }

  /** Resolves when everything added before the call is durable. */
  async sync(): Promise<void> {
    const files = this.#unsynced
    this.#unsynced = new Set()
    for (const { fd } of files) await promisify(fdatasync)(fd)
  }

  close(): void {
    for (const { fd } of this.#files.splice(0)) closeSync(fd)
  }

  #fileFor(count: number): File {
    const number = this.#numberFor(count)
    while (this.#files.length <= number) this.#files.push(this.#create(this.#files.length))
    return this.#files[number] as File
  }

  /** Its name and its size are durable before it is used. */
  #create(number: number): File {
    const fd = openSync(fileOf(this.#path, number), 'w+', 0o600)
    ftruncateSync(fd, this.#bytesOf(number))
    fsyncSync(fd)
    syncDirectory(this.#path)
    return { fd, blockCount: this.#bytesOf(number) / blockBytes }
  }

  /** Filters 0 to n have room for firstCountMax × (2^(n+1) - 1) ids. */
  #numberFor(count: number): number {
    return Math.floor(Math.log2(count / this.#firstCountMax + 1))
  }

  #bytesOf(number: number): number {
    return this.#firstCountMax * 2 ** number * bytesPerId
  }
}

interface File {
  readonly fd: number
  readonly blockCount: number
}

/** All bits of an id are in one block (a blocked Bloom filter; Putze, Sanders and Singler, 2007). */
const blockBytes = 64
const bytesPerId = 2
const bitCount = 8

const fileOf = (path: string, number: number) => join(path, `known-${number}`)

/** Where the block of the id begins in the file. */
function blockAt({ blockCount }: File, ids: Uint8Array, offset: number): number {
  return (hashId(ids, offset, 1, 0) % blockCount) * blockBytes
}

/** The bits of an id are an arithmetic progression, whose start and step are a second hash. */
function isSet(block: Uint8Array, ids: Uint8Array, offset: number): boolean {
  const hash = hashId(ids, offset, 2, 0)
  for (let index = 0; index < bitCount; index += 1) {
    const bit = bitOf(hash, index)
    if (((block[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false
  }
  return true
}

function setBits(block: Uint8Array, id: Uint8Array): void {
  const hash = hashId(id, 0, 2, 0)
  for (let index = 0; index < bitCount; index += 1) {
    const bit = bitOf(hash, index)
    block[bit >>> 3] = (block[bit >>> 3] as number) | (1 << (bit & 7))
  }
}

function bitOf(hash: number, index: number): number {
  return ((hash >>> 16) + index * ((hash & 0xffff) | 1)) % (8 * blockBytes)
}
