import { assert, Deadlines, Prng, type Timers } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import { type Fact, type LedgerImage, paymentRecordBytes, paymentState } from '@rinha/payment'
import { expect } from 'vitest'
import { type JournalWriterOptions, journalOnDisk } from './file-log.ts'
import { viewOf } from './format.ts'
import type { FoundJournal } from './history.ts'
import type { Journal } from './journal.ts'
import { type JournalSink, recoverJournal } from './recover.ts'
import { SimulatedDisk } from './simulated/simulated-disk.ts'

/** A clock that advances only when it is told to. */
export class Time implements Pick<Timers, 'after' | 'soon'> {
  readonly #due = new Deadlines<() => void>()
  nowMs = 1000

  after(delayMs: number, run: () => void): () => void {
    let isCancelled = false
    this.#due.push(this.nowMs + delayMs, () => {
      if (!isCancelled) run()
    })
    return () => {
      isCancelled = true
    }
  }

  soon(run: () => void): void {
    this.after(0, run)
  }

  /** Advances by so many milliseconds, and runs what is due. */
  run(forMs: number): void {
    const endMs = this.nowMs + forMs
    while (this.#due.nextMs <= endMs) {
      this.nowMs = this.#due.nextMs
      this.#due.popDue(this.nowMs)?.()
    }
    this.nowMs = endMs
  }
}

/** Records of payments with ids that do not come twice. */
export function recordsOf(prng: Prng, count: number): Uint8Array {
  const records = new Uint8Array(count * paymentRecordBytes)
  const view = viewOf(records)
  for (let at = 0; at < records.length; at += paymentRecordBytes) {
    for (let word = 0; word < 16; word += 4) view.setUint32(at + word, prng.uint32())
    view.setUint32(at + 20, prng.integer(1, 1_000_000_000))
  }
  return records
}

const ledgerOptions = { processorCount: 2, paymentCountMax: 200_000, hashSeed: 5 }
export const newLedger = () => new Ledger(ledgerOptions)

/** A fact that may follow those that the ledger has. */
export function nextFact(prng: Prng, ledger: Ledger): Fact {
  const rejectedRow = ledger.findState(paymentState.rejected, 0, ledger.count)
  if (rejectedRow >= 0 && prng.chance(0.05)) return { kind: 'discarded', row: rejectedRow }
  const open: number[] = []
  for (const row of ledger.rows()) {
    if (open.length === 8) break
    if (ledger.isOpen(row)) open.push(row)
  }
  if (prng.chance(0.02)) {
    const archivedToMs = ledger.archivedToMs + 1000 * prng.integer(0, 2 ** 28)
    return { kind: 'retired', firstRow: prng.integer(ledger.firstRow, ledger.count), archivedToMs }
  }
  const row = open[prng.integer(0, Math.max(0, open.length - 1))]
  if (row === undefined || prng.chance(0.3)) {
    const records = recordsOf(prng, prng.integer(1, 4))
    return { kind: 'accepted', acceptedAtMs: prng.unit() * 1e12, records }
  }
  const draw = prng.integer(0, 11)
  if (draw === 0) return { kind: 'rejected', row, reason: `no — ${prng.integer(0, 5)} ☂` }
  const state = ledger.state(row)
  if (state !== paymentState.inFlight && draw < 8) {
    const processor = state === paymentState.refused ? ledger.processor(row) : prng.integer(0, 1)
    return { kind: 'sent', row, processor, requestedAtMs: prng.integer(1, 2 ** 41) }
  }
  const processor = ledger.processor(row)
  if (draw > 9 && state !== paymentState.queued)
    return draw === 10
      ? { kind: 'confirmed', row, processor, requestedAtMs: prng.integer(1, 2 ** 41) }
      : { kind: 'released', row }
  if (draw < 6 && processor >= 0)
    return { kind: 'settled', row, processor, requestedAtMs: prng.integer(1, 2 ** 41) }
  if (draw < 8 && state === paymentState.inFlight)
    return { kind: 'sent', row, processor, requestedAtMs: ledger.requestedAtMs(row) }
  const isRefused = state === paymentState.inFlight && prng.chance(0.5)
  return { kind: 'requeued', row, doubt: isRefused ? 'refused' : 'none' }
}

function factText(fact: Fact): string {
  return JSON.stringify(fact.kind === 'accepted' ? { ...fact, records: fact.records.join() } : fact)
}

export function imageText({ columns, reasons, earlier, past, notes = [] }: LedgerImage): string {
  const sorted = Object.entries(past ?? {}).toSorted(([one], [other]) => one.localeCompare(other))
  return JSON.stringify([
    reasons,
    notes,
    earlier,
    sorted,
    columns.map(piece => Object.values(piece).map(String)),
  ])
}

/** The image and the facts that a recovery has passed on. */
export class Replay implements JournalSink {
  readonly entries: string[] = []
  image: string | undefined

  restore(image: LedgerImage): void {
    assert(this.entries.length === 0 && this.image === undefined, 'an image comes once, and first')
    this.image = imageText(image)
  }

  apply(fact: Fact): void {
    this.entries.push(factText(fact))
  }
}

export const options = { processors: ['default', 'fallback'], segmentBytesMax: 4096 }

/** A journal on a simulated disk, and everything that was ever appended to it, over all its processes. */
export class TestJournal {
  readonly prng: Prng
  readonly time = new Time()
  readonly lines: string[] = []
  /** The true history: every entry ever appended that the journal has to have, or may. */
  history: string[] = []
  /** By the first frame after it: how many entries a snapshot stands for, and the state it holds. */
  readonly snapshots = new Map<number, { readonly count: number; readonly text: string }>()
  /** Entries that `whenSynced` has confirmed. */
  confirmedCount = 0
  ledger = newLedger()
  disk: SimulatedDisk
  journal: Journal
  readonly #options: Partial<JournalWriterOptions>
  #kill = () => {}

  constructor(seed: number, changes: Partial<JournalWriterOptions> = {}) {
    this.prng = new Prng(seed)
    this.#options = changes
    this.disk = new SimulatedDisk(new Prng(seed + 1), (delayMs, run) => this.time.after(delayMs, run))
    this.journal = this.#open(this.recover(this.disk).found)
  }

  append(fact = nextFact(this.prng, this.ledger)): void {
    this.ledger.apply(fact)
    this.journal.append(fact)
    this.history.push(factText(fact))
    const count = this.history.length
    this.journal.whenSynced(() => {
      expect(count).toBe(this.confirmedCount + 1)
      this.confirmedCount = count
    })
  }

  /** A turn with some entries, and a little time. */
  turn(): void {
    for (let count = this.prng.integer(1, 5); count > 0; count -= 1) this.append()
    this.time.run(this.prng.unit() * 3)
  }

  snapshot(image = this.ledger.image()): void {
    this.journal.snapshot(image)
    this.snapshots.set(this.journal.status.nextFrame, {
      count: this.history.length,
      text: imageText(image),
    })
  }

  /**
   * Recovers, which must succeed, and compares with the true history, entry by entry: a prefix, and no shorter than what
   * was confirmed (or than `countMin`).
   */
  recover(disk: SimulatedDisk, countMin = this.confirmedCount): { found: FoundJournal; count: number } {
    const replay = new Replay()
    const result = recoverJournal(disk, options, replay)
    expect(result).toMatchObject({ ok: true })
    assert(result.ok, 'the journal is read')
    const { snapshotFrame } = result.value
    const base =
      snapshotFrame === undefined ? { count: 0, text: undefined } : this.snapshots.get(snapshotFrame)
    assert(base !== undefined, 'the snapshot is one that was asked for')
    const count = base.count + replay.entries.length
    assert(replay.image === base.text, 'the image is the one that was asked for')
    const wrong = replay.entries.findIndex((entry, index) => entry !== this.history[base.count + index])
    assert(wrong === -1, `entry ${base.count + wrong} is the one that was appended`)
    expect(count).toBeGreaterThanOrEqual(countMin)
    return { found: result.value, count }
  }

  /** The process dies, and another one goes on. */
  crash(powerCut: boolean): void {
    this.#kill()
    this.disk = this.disk.crash({ powerCut })
    const { found, count } = this.recover(this.disk)
    this.history = this.history.slice(0, count)
    this.confirmedCount = count
    this.ledger = newLedger()
    recoverJournal(this.disk.copy(), options, this.ledger)
    this.journal = this.#open(found)
  }

  #open(found: FoundJournal): Journal {
    let isDead = false
    this.#kill = () => {
      isDead = true
    }
    const alive = (run: () => void) => () => {
      if (!isDead) run()
    }
    return journalOnDisk(
      this.disk,
      found,
      {
        ...options,
        journalId: new Uint8Array(16).fill(7),
        onProblem: line => this.lines.push(line),
        onWritable: () => this.lines.push('written again'),
        ...this.#options,
      },
      {
        after: (delayMs, run) => this.time.after(delayMs, alive(run)),
        soon: run => this.time.soon(alive(run)),
      },
    )
  }
}

/** Long enough for whatever is under way. */
export const settle = (tested: TestJournal): void => tested.time.run(500)

/** A journal that has its first segment. */
export function started(changes: Partial<JournalWriterOptions> = {}): TestJournal {
  const tested = new TestJournal(1, changes)
  settle(tested)
  return tested
}
