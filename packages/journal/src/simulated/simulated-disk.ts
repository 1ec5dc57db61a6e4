import { assert, type Prng } from '@rinha/base'
import { type AppendFile, DiskProblem, type JournalDisk } from '../disk.ts'

/** The faults of a {@link SimulatedDisk}. */
export type DiskTrouble =
  /** No byte more: an append writes what still fits, and ENOSPC. */
  | 'full'
  /**
   * Appends are written, and their sync answers EIO: the bytes may be on the disk or lost for ever. Some new files cannot
   * be created.
   */
  | 'broken'

export interface Crash {
  /** False: the process alone has died, and the system still writes what it was handed. */
  readonly powerCut: boolean
  /** How much of each append under way is there then. Otherwise any part of it. */
  readonly keptBytes?: number
  /** What was not synced is torn by sectors, not cut off at one place: some are zeros, some garbage. Power cuts only. */
  readonly garbled?: boolean
}

/**
 * A disk in memory, for tests and simulations, as unkind as real ones are: appends take time, and until then nobody knows
 * what of them would survive; it fills up, it fails; a crash leaves the next process a disk of its own.
 *
 * As on a real disk, a sync covers the file, except the bytes for which an earlier sync had failed: a power cut loses
 * those even if a later sync succeeds. Names are durable at once, as the contract says.
 *
 * What it leaves out: bits that rot (see {@link flipBit}), names that are lost, and time for anything but appends.
 */
export class SimulatedDisk implements JournalDisk {
  readonly #prng: Prng
  readonly #after: (delayMs: number, run: () => void) => unknown
  readonly #files: Map<string, File>
  #isDead = false
  #isTaken = false
  /** The disk does not notice when another process takes its lock, like a disk that several machines share. */
  isBlind = false
  trouble: DiskTrouble | undefined
  /** The most bytes in all files together. */
  capacityBytes = Number.POSITIVE_INFINITY
  /** The error of every call other than reading and appending. */
  refusal: string | undefined
  appendMsMin = 0.05
  appendMsMax = 2
  /** Told of each append when it begins, before anything of it is there. */
  onAppend: ((name: string, bytes: Uint8Array) => void) | undefined

  constructor(
    prng: Prng,
    after: (delayMs: number, run: () => void) => unknown,
    files: Map<string, File> = new Map(),
  ) {
    this.#prng = prng
    this.#after = after
    this.#files = files
  }

  get usedBytes(): number {
    let sum = 0
    for (const { lengthBytes } of this.#files.values()) sum += lengthBytes
    return sum
  }

  lost(): string | undefined {
    return this.#isTaken && !this.isBlind ? 'another process has taken the lock' : undefined
  }

  names(): readonly string[] {
    this.#assertAlive()
    return [...this.#files.keys()]
  }

  sizeBytes(name: string): number {
    return this.#file(name).lengthBytes
  }

  read(name: string, offset: number, countMax: number): Uint8Array {
    return this.#file(name).bytes.slice(offset, Math.min(offset + countMax, this.#file(name).lengthBytes))
  }

  truncate(name: string, sizeBytes: number): void {
    this.#refuse()
    const file = this.#file(name)
    file.lengthBytes = Math.min(file.lengthBytes, sizeBytes)
    file.syncedBytes = Math.min(file.syncedBytes, sizeBytes)
  }

  create(name: string): AppendFile {
    this.#refuse()
    if (this.trouble === 'broken' && this.#prng.chance(0.3)) throw new DiskProblem('EIO', 'i/o error')
    if (this.#files.has(name)) throw new DiskProblem('EEXIST', `${name} is there already`)
    const file = new File()
    this.#files.set(name, file)
    const written = { bytes: 0 }
    return {
      append: (bytes, done) => this.#append(name, file, written, bytes, done),
      close: () => {
        file.isClosed = true
      },
    }
  }

  rename(from: string, to: string): void {
    this.#refuse()
    const file = this.#file(from)
    this.#files.delete(from)
    this.#files.set(to, file)
  }

  remove(name: string): void {
    this.#refuse()
    this.#file(name)
    this.#files.delete(name)
  }

  /** The disk as the next process finds it. Calls under way on this one never end. */
  crash(crash: Crash): SimulatedDisk {
    const next = this.afterCrash(crash)
    this.#isDead = true
    return next
  }

  /** The state that {@link crash} would leave, while this disk lives on. */
  afterCrash(crash: Crash): SimulatedDisk {
    const next = this.copy()
    for (const [name, file] of this.#files) next.#files.set(name, this.#fileAfter(file, crash))
    return next
  }

  /** Somebody has removed the lock: the files as another process has them, while this one goes on with them. */
  takeOver(): SimulatedDisk {
    const other = new SimulatedDisk(this.#prng, this.#after, this.#files)
    Object.assign(other, { appendMsMin: this.appendMsMin, appendMsMax: this.appendMsMax })
    this.#isTaken = true
    return other
  }

  /** Whether an append is under way. */
  get isBusy(): boolean {
    return [...this.#files.values()].some(({ underWay }) => underWay !== undefined)
  }

  /** The same files, all synced, with no call under way. */
  copy(): SimulatedDisk {
    const copy = new SimulatedDisk(this.#prng, this.#after)
    copy.appendMsMin = this.appendMsMin
    copy.appendMsMax = this.appendMsMax
    copy.capacityBytes = this.capacityBytes
    copy.trouble = this.trouble
    for (const [name, file] of this.#files)
      copy.#files.set(name, File.of(file.bytes.slice(0, file.lengthBytes)))
    return copy
  }

  /** A copy of a file's bytes. */
  bytesOf(name: string): Uint8Array {
    const file = this.#file(name)
    return file.bytes.slice(0, file.lengthBytes)
  }

  /** Replaces a file, or puts one there, synced. */
  put(name: string, bytes: Uint8Array): void {
    this.#files.set(name, File.of(bytes.slice()))
  }

  /** Turns one bit of a file over; bits are counted from its start. */
  flipBit(name: string, bit: number): void {
    const { bytes, lengthBytes } = this.#file(name)
    const at = Math.floor(bit / 8)
    assert(at < lengthBytes, 'the bit is in the file')
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8))
  }

  #append(
    name: string,
    file: File,
    written: { bytes: number },
    bytes: Uint8Array,
    done: (problem: DiskProblem | undefined) => void,
  ): void {
    if (this.#isDead) return
    assert(file.underWay === undefined && !file.isClosed, 'one append at a time, to an open file')
    this.onAppend?.(name, bytes)
    file.underWay = bytes
    const delayMs = this.appendMsMin + this.#prng.unit() * (this.appendMsMax - this.appendMsMin)
    this.#after(delayMs, () => {
      if (this.#isDead) return
      file.underWay = undefined
      const problem = this.#finish(file, bytes)
      written.bytes += bytes.length
      const isOurs = this.#files.get(name) === file && file.lengthBytes === written.bytes
      done(problem ?? (isOurs ? undefined : new DiskProblem('ESTALE', `${name} is not as it was written`)))
    })
  }

  /** The content of the file when the append ends, and the append's result. */
  #finish(file: File, bytes: Uint8Array): DiskProblem | undefined {
    const freeBytes =
      this.trouble === 'full' ? this.#prng.integer(0, 40) : this.capacityBytes - this.usedBytes
    if (bytes.length > freeBytes) {
      file.add(bytes.subarray(0, Math.max(0, freeBytes)))
      return new DiskProblem('ENOSPC', 'no space left on device')
    }
    file.add(bytes)
    if (this.trouble === 'broken') {
      if (this.#prng.chance(0.5)) file.lost.push([file.syncedBytes, file.lengthBytes])
      // After the system has reported the failure, it takes the pages for written, so a later sync does not write them.
      file.syncedBytes = file.lengthBytes
      return new DiskProblem('EIO', 'i/o error')
    }
    file.syncedBytes = file.lengthBytes
    return undefined
  }

  #fileAfter(file: File, { powerCut, keptBytes, garbled }: Crash): File {
    const underWay = file.underWay ?? new Uint8Array(0)
    const kept = Math.min(keptBytes ?? this.#prng.integer(0, underWay.length), underWay.length)
    const bytes = new Uint8Array(file.lengthBytes + kept)
    bytes.set(file.bytes.subarray(0, file.lengthBytes))
    bytes.set(underWay.subarray(0, kept), file.lengthBytes)
    if (!powerCut) return File.of(bytes)
    for (const [from, to] of file.lost) bytes.fill(0, from, to)
    const isGarbled = garbled ?? this.#prng.chance(0.3)
    if (isGarbled) this.#garble(bytes, file.syncedBytes)
    else if (keptBytes === undefined && file.syncedBytes < file.lengthBytes)
      return File.of(bytes.subarray(0, this.#prng.integer(file.syncedBytes, bytes.length)))
    return File.of(bytes)
  }

  /** Sectors that hold anything unsynced: some as they should be, some zeros, some garbage. */
  #garble(bytes: Uint8Array, from: number): void {
    for (let start = from; start < bytes.length; ) {
      const end = Math.min(bytes.length, (Math.floor(start / sectorBytes) + 1) * sectorBytes)
      const fate = this.#prng.integer(0, 2)
      if (fate === 1) bytes.fill(0, start, end)
      if (fate === 2) for (let at = start; at < end; at += 1) bytes[at] = this.#prng.uint32()
      start = end
    }
  }

  #file(name: string): File {
    this.#assertAlive()
    const file = this.#files.get(name)
    if (file === undefined) throw new DiskProblem('ENOENT', `there is no ${name}`)
    return file
  }

  #refuse(): void {
    this.#assertAlive()
    if (this.refusal !== undefined) throw new DiskProblem(this.refusal, 'refused')
  }

  #assertAlive(): void {
    assert(!this.#isDead, 'nobody uses the disk of a process that has died')
  }
}

const sectorBytes = 512

class File {
  bytes: Uint8Array = new Uint8Array(1024)
  /** The bytes that a reader sees. */
  lengthBytes = 0
  /** The bytes that the system no longer intends to write. */
  syncedBytes = 0
  /** The parts of the synced bytes that are nevertheless not on the disk. */
  readonly lost: (readonly [from: number, to: number])[] = []
  underWay: Uint8Array | undefined
  isClosed = false

  static of(bytes: Uint8Array): File {
    const file = new File()
    file.bytes = bytes
    file.lengthBytes = bytes.length
    file.syncedBytes = bytes.length
    return file
  }

  add(bytes: Uint8Array): void {
    const lengthBytes = this.lengthBytes + bytes.length
    if (lengthBytes > this.bytes.length) {
      const grown = new Uint8Array(Math.max(lengthBytes, this.bytes.length * 2))
      grown.set(this.bytes.subarray(0, this.lengthBytes))
      this.bytes = grown
    }
    this.bytes.set(bytes, this.lengthBytes)
    this.lengthBytes = lengthBytes
  }
}
