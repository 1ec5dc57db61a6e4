import type { JournalDisk } from './disk.ts'

/** A file read in blocks, from its start to its end: one block is in memory, and what is asked for is a view of it. */
export class FileReader {
  readonly name: string
  readonly sizeBytes: number
  readonly #disk: JournalDisk
  #block: Uint8Array = new Uint8Array(0)
  #blockAt = 0

  constructor(disk: JournalDisk, name: string) {
    this.#disk = disk
    this.name = name
    this.sizeBytes = disk.sizeBytes(name)
  }

  /** So many bytes from `offset`, fewer where the file ends. Valid for as long as anybody keeps them. */
  read(offset: number, count: number): Uint8Array {
    const end = Math.min(offset + count, this.sizeBytes)
    if (offset >= end) return new Uint8Array(0)
    const isHere = offset >= this.#blockAt && end <= this.#blockAt + this.#block.length
    if (!isHere) {
      this.#block = this.#disk.read(this.name, offset, Math.max(count, blockBytes))
      this.#blockAt = offset
    }
    return this.#block.subarray(offset - this.#blockAt, end - this.#blockAt)
  }
}

const blockBytes = 2 * 1024 * 1024
