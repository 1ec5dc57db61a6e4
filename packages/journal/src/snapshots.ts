import { assert, type Timers } from '@rinha/base'
import type { LedgerImage } from '@rinha/payment'
import { type DiskProblem, type JournalDisk, refusalOf } from './disk.ts'
import { numbersOf, segmentName, snapshotName } from './format.ts'
import type { FoundJournal } from './history.ts'
import type { SegmentIdentity } from './segment-writer.ts'
import { SnapshotWriter } from './snapshot-writer.ts'

interface SnapshotsOptions {
  /** The pause after a snapshot that was given up, before another one begins. */
  readonly pauseMs: number
  readonly timers: Pick<Timers, 'after'>
  readonly onProblem: (line: string) => void
  /** The snapshot under way is on disk, and can be finished. */
  readonly onWritten: () => void
}

/**
 * The live snapshot, and the next one on its way: written beside the segments under another name, then renamed, and only
 * then is anything removed that it replaces. A snapshot that fails is given up; the journal goes on without it.
 */
export class Snapshots {
  readonly #disk: JournalDisk
  readonly #identity: SegmentIdentity
  readonly #options: SnapshotsOptions
  #frame: number | undefined
  #bytes: number
  #count = 0
  #writer: SnapshotWriter | undefined
  #cancelPause: (() => void) | undefined

  constructor(disk: JournalDisk, identity: SegmentIdentity, found: FoundJournal, options: SnapshotsOptions) {
    this.#disk = disk
    this.#identity = identity
    this.#options = options
    this.#frame = found.snapshotFrame
    this.#bytes = found.snapshotBytes
  }

  /** The frame to go on from, of the snapshot that recovery would begin with. */
  get frame(): number | undefined {
    return this.#frame
  }

  /** The first frame that recovery would replay. */
  get firstFrame(): number {
    return this.#frame ?? 1
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Finished since the start. */
  get count(): number {
    return this.#count
  }

  /** The frame to go on from, of the snapshot that is being written. */
  get underWay(): number | undefined {
    return this.#writer?.number
  }

  get canBegin(): boolean {
    return this.#writer === undefined && this.#cancelPause === undefined
  }

  begin(number: number, image: LedgerImage): void {
    assert(this.#writer === undefined, 'one snapshot at a time')
    const writer = new SnapshotWriter(this.#disk, this.#identity, number, image, problem => {
      if (problem === undefined) this.#options.onWritten()
      else this.#giveUp(problem)
    })
    this.#writer = writer
    writer.start()
  }

  /** Whether the one under way is written, and so are frames before `readyThrough`, in segments that end there. */
  isReady(readyThrough: number): boolean {
    return this.#writer?.isWritten === true && readyThrough >= this.#writer.number
  }

  /** Gives the one under way, which is ready, its name, and removes what it replaces. Whether it did. */
  finish(): boolean {
    const writer = this.#writer
    assert(writer?.isWritten === true, 'a snapshot is written')
    const refusal = refusalOf(() => this.#disk.rename(writer.temporaryName, snapshotName(writer.number)))
    if (refusal !== undefined) {
      this.#giveUp(refusal)
      return false
    }
    this.#writer = undefined
    this.#frame = writer.number
    this.#bytes = writer.sizeBytes
    this.#count += 1
    this.#removeBefore(writer.number)
    return true
  }

  cancel(): void {
    this.#cancelPause?.()
    this.#writer?.cancel()
  }

  /** The oldest files are removed first, so that the remaining ones always form a chain. */
  #removeBefore(number: number): void {
    const refusal = refusalOf(() => {
      const names = this.#disk.names()
      const before = (each: number) => each < number
      const snapshots = numbersOf(names, 'snapshot').filter(before).map(snapshotName)
      const segments = numbersOf(names, 'segment').filter(before).map(segmentName)
      for (const name of [...snapshots, ...segments]) this.#disk.remove(name)
    })
    if (refusal === undefined) return
    this.#options.onProblem(
      `Old files of the journal in JOURNAL_DIR cannot be removed: the disk says ${refusal.code}: ${refusal.message}. The next snapshot tries again.`,
    )
  }

  #giveUp({ code, message }: DiskProblem): void {
    const { pauseMs, timers, onProblem } = this.#options
    this.#writer = undefined
    onProblem(
      `A snapshot in JOURNAL_DIR was given up: the disk says ${code}: ${message}. The journal goes on without it; it may be tried again in ${pauseMs} ms.`,
    )
    this.#cancelPause = timers.after(pauseMs, () => {
      this.#cancelPause = undefined
    })
  }
}
