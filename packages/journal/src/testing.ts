import { assert, Deadlines, Prng } from '@rinha/base'
import { expect } from 'vitest'
import type { JournalEntry, JournalImage, PaymentColumns } from './entry.ts'
import { viewOf } from './format.ts'
import { Journal, type JournalTimers, type JournalWriterOptions } from './journal.ts'
import { recordBytes } from './limits.ts'
import { type OpenPayment, OpenPayments } from './open-payments.ts'
import { type JournalSink, type Recovered, recoverJournal } from './recover.ts'
import { RejectedPayments } from './rejected-payments.ts'
import { SimulatedDisk } from './simulated/simulated-disk.ts'

/** Time that stands still until it is told to go on. */
export class Time implements JournalTimers {
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

  /** Runs what is due within so many milliseconds. */
  run(forMs: number): void {
    const endMs = this.nowMs + forMs
    while (this.#due.nextMs <= endMs) {
      this.nowMs = this.#due.nextMs
      this.#due.popDue(this.nowMs)?.()
    }
    this.nowMs = endMs
  }
}

interface Payment {
  readonly id: string
  readonly amountCents: number
  readonly acceptedAtMs: number
  state: number
  processor: number
  requestedAtMs: number
  doubt: OpenPayment['doubt']
  reason: string
}

/** The payments that a history comes to, and the objections of one who knows what may follow what. */
export class Model implements JournalSink {
  payments: Payment[] = []

  restore(image: JournalImage): void {
    assert(this.payments.length === 0, 'an image comes first')
    for (const { count, ids, amountCents, states, processors, requestedAtMs } of image.columns) {
      for (let row = 0; row < count; row += 1) {
        this.payments.push({
          id: ids.subarray(row * 16, row * 16 + 16).join(),
          amountCents: amountCents[row] ?? 0,
          acceptedAtMs: 0,
          state: states[row] ?? 0,
          processor: processors[row] ?? 0,
          requestedAtMs: requestedAtMs[row] ?? 0,
          doubt: 'none',
          reason: '',
        })
      }
    }
    for (const { row, ...open } of image.open) this.payments[row] = { ...this.payment(row), ...open }
    for (const { row, reason } of image.rejected) this.payment(row).reason = reason
  }

  apply(entry: JournalEntry): void {
    if (entry.kind === 'purged') {
      this.payments = []
      return
    }
    if (entry.kind === 'accepted') return this.#accept(entry.acceptedAtMs, entry.records)
    const payment = this.payment(entry.row)
    assert(payment.state < 2, 'only an open payment changes')
    if (entry.kind === 'requeued')
      Object.assign(payment, { state: 0, doubt: entry.doubt, processor: -1, requestedAtMs: 0 })
    else if (entry.kind === 'rejected')
      Object.assign(payment, { state: 3, reason: entry.reason, processor: -1, requestedAtMs: 0 })
    else {
      const { processor, requestedAtMs } = entry
      const state = entry.kind === 'sent' ? 1 : 2
      Object.assign(payment, { state, processor, requestedAtMs, doubt: state === 1 ? 'recorded?' : 'none' })
    }
  }

  payment(row: number): Payment {
    const payment = this.payments[row]
    assert(payment !== undefined, 'the row exists')
    return payment
  }

  image(pieceRows = 50): JournalImage {
    const columns: PaymentColumns[] = []
    for (let from = 0; from < this.payments.length; from += pieceRows)
      columns.push(columnsOf(this.payments.slice(from, from + pieceRows)))
    const rows = this.payments.map((payment, row) => ({ row, ...payment }))
    return {
      columns,
      open: OpenPayments.from(rows.filter(({ state }) => state < 2)),
      rejected: RejectedPayments.from(rows.filter(({ state }) => state === 3)),
    }
  }

  #accept(acceptedAtMs: number, records: Uint8Array): void {
    for (let at = 0; at < records.length; at += recordBytes) {
      this.payments.push({
        id: records.subarray(at, at + 16).join(),
        amountCents: viewOf(records).getUint32(at + 20),
        acceptedAtMs,
        state: 0,
        processor: -1,
        requestedAtMs: 0,
        doubt: 'none',
        reason: '',
      })
    }
  }
}

function columnsOf(payments: readonly Payment[]): PaymentColumns {
  return {
    count: payments.length,
    ids: Uint8Array.from(payments.flatMap(({ id }) => id.split(',').map(Number))),
    amountCents: Uint32Array.from(payments, ({ amountCents }) => amountCents),
    states: Uint8Array.from(payments, ({ state }) => state),
    processors: Int8Array.from(payments, ({ processor }) => processor),
    requestedAtMs: Float64Array.from(payments, ({ requestedAtMs }) => requestedAtMs),
  }
}

/** Records of payments with ids that do not come twice. */
export function recordsOf(prng: Prng, count: number): Uint8Array {
  const records = new Uint8Array(count * recordBytes)
  const view = viewOf(records)
  for (let at = 0; at < records.length; at += recordBytes) {
    for (let word = 0; word < 16; word += 4) view.setUint32(at + word, prng.uint32())
    view.setUint32(at + 20, prng.integer(1, 1_000_000_000))
  }
  return records
}

/** An entry that may follow what the model has seen. */
export function nextEntry(prng: Prng, model: Model): JournalEntry {
  const open = model.payments.flatMap((payment, row) => (payment.state < 2 ? [row] : []))
  const row = open[prng.integer(0, Math.max(0, Math.min(open.length, 8) - 1))]
  if (row === undefined || prng.chance(0.3))
    return {
      kind: 'accepted',
      acceptedAtMs: prng.unit() * 1e12,
      records: recordsOf(prng, prng.integer(1, 4)),
    }
  const processor = prng.integer(0, 1)
  const requestedAtMs = prng.integer(1, 2 ** 41)
  const draw = prng.integer(0, 9)
  if (draw < 5) return { kind: 'sent', row, processor, requestedAtMs }
  if (draw < 8) return { kind: 'settled', row, processor, requestedAtMs }
  if (draw < 9) return { kind: 'requeued', row, doubt: prng.chance(0.5) ? 'none' : 'refused' }
  return { kind: 'rejected', row, reason: `no — ${prng.uint32()} ☂` }
}

export function entryText(entry: JournalEntry): string {
  return JSON.stringify(entry.kind === 'accepted' ? { ...entry, records: entry.records.join() } : entry)
}

export function imageText(image: JournalImage): string {
  const model = new Model()
  model.restore(image)
  return JSON.stringify(model.payments)
}

/** What a recovery has told. */
export class Replay implements JournalSink {
  readonly model = new Model()
  readonly entries: string[] = []
  image: string | undefined

  restore(image: JournalImage): void {
    assert(this.entries.length === 0 && this.image === undefined, 'an image comes once, and first')
    this.model.restore(image)
    this.image = imageText(image)
  }

  apply(entry: JournalEntry): void {
    this.model.apply(entry)
    this.entries.push(entryText(entry))
  }
}

export const options = { processors: ['default', 'fallback'], segmentBytesMax: 4096 }

/** A journal on a simulated disk, and everything that was ever appended to it, over all its processes. */
export class Rig {
  readonly prng: Prng
  readonly time = new Time()
  readonly lines: string[] = []
  /** The true history: every entry ever appended that the journal has to have, or may. */
  history: string[] = []
  /** By the first frame after it: how many entries a snapshot stands for, and the state it holds. */
  readonly snapshots = new Map<number, { readonly count: number; readonly text: string }>()
  /** Entries that `whenSynced` has confirmed. */
  confirmedCount = 0
  model = new Model()
  disk: SimulatedDisk
  journal: Journal
  readonly #options: Partial<JournalWriterOptions>
  #kill = () => {}

  constructor(seed: number, changes: Partial<JournalWriterOptions> = {}) {
    this.prng = new Prng(seed)
    this.#options = changes
    this.disk = new SimulatedDisk(new Prng(seed + 1), (delayMs, run) => this.time.after(delayMs, run))
    this.journal = this.#open(this.recover(this.disk).recovered)
  }

  append(entry = nextEntry(this.prng, this.model)): void {
    this.model.apply(entry)
    this.journal.append(entry)
    this.history.push(entryText(entry))
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

  snapshot(): void {
    const image = this.model.image()
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
  recover(disk: SimulatedDisk, countMin = this.confirmedCount): { recovered: Recovered; count: number } {
    const replay = new Replay()
    const result = recoverJournal(disk, options, replay)
    expect(result).toMatchObject({ ok: true })
    assert(result.ok, 'it is recovered')
    const { snapshotFrame } = result.value
    const base =
      snapshotFrame === undefined ? { count: 0, text: undefined } : this.snapshots.get(snapshotFrame)
    assert(base !== undefined, 'the snapshot is one that was asked for')
    const count = base.count + replay.entries.length
    assert(replay.image === base.text, 'the image is the one that was asked for')
    const wrong = replay.entries.findIndex((entry, index) => entry !== this.history[base.count + index])
    assert(wrong === -1, `entry ${base.count + wrong} is the one that was appended`)
    expect(count).toBeGreaterThanOrEqual(countMin)
    return { recovered: result.value, count }
  }

  /** The process dies, and another one goes on. */
  crash(powerCut: boolean): void {
    this.#kill()
    this.disk = this.disk.crash({ powerCut })
    const { recovered, count } = this.recover(this.disk)
    this.history = this.history.slice(0, count)
    this.confirmedCount = count
    const model = new Replay()
    recoverJournal(this.disk.copy(), options, model)
    this.model = model.model
    this.journal = this.#open(recovered)
  }

  #open(recovered: Recovered): Journal {
    let isDead = false
    this.#kill = () => {
      isDead = true
    }
    const alive = (run: () => void) => () => {
      if (!isDead) run()
    }
    return new Journal(
      this.disk,
      recovered,
      {
        ...options,
        journalId: new Uint8Array(16).fill(7),
        onProblem: line => this.lines.push(line),
        onRecovered: line => this.lines.push(line),
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
export const settle = (rig: Rig): void => rig.time.run(500)

/** A rig whose journal has its first segment. */
export function started(changes: Partial<JournalWriterOptions> = {}): Rig {
  const rig = new Rig(1, changes)
  settle(rig)
  return rig
}
