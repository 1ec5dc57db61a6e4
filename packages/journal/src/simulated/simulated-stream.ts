import type { Prng } from '@rinha/base'
import { logFull } from '../log/log-store.ts'
import type {
  NewRecord,
  PublishAnswer,
  ReadAnswer,
  RecordStream,
  SnapshotId,
  StreamAnswer,
  StreamRecord,
  Subject,
} from '../stream/record-stream.ts'

/** How many records an earlier leader lacks, at most. */
const staleCountMax = 5

type Stored = StreamRecord & { readonly subject: Subject }

/**
 * A replicated stream in memory, for tests and simulations, as unkind as a real one is: it has no leader for a while, or an
 * earlier one still answers reads, requests and answers are lost, a request comes late or twice, it fills up, a reader lags.
 *
 * What it leaves out: records that were acknowledged and are lost, which a quorum on disk rules out.
 */
export class SimulatedStream {
  readonly #prng: Prng
  readonly #after: (delayMs: number, run: () => void) => unknown
  readonly #records: Stored[] = []
  readonly #followers = new Set<Follower>()
  readonly snapshots = new Map<string, { readonly id: SnapshotId; readonly pieces: StreamRecord[] }>()
  #pieceCount = 0
  #lastSequence = 0
  /** No leader: nothing is answered. */
  isDown = false
  /** No record more fits. */
  isFull = false
  logBytesMax = 2 ** 40
  /** How often a call is lost, late or doubled, or its answer lost. */
  troubleChance = 0
  /** How often a read is answered by an earlier leader, which does not have the latest records. */
  staleChance = 0
  answerMsMax = 5
  /** How long a caller waits for an answer. */
  timeoutMs = 1000
  /** How long a record takes to a reader, at most. */
  lagMsMax = 5
  /** Told of each record when it is stored. */
  onStored: ((record: StreamRecord) => void) | undefined

  constructor(prng: Prng, after: (delayMs: number, run: () => void) => unknown) {
    this.#prng = prng
    this.#after = after
  }

  get lastSequence(): number {
    return this.#lastSequence
  }

  get firstSequence(): number {
    return this.#records[0]?.sequence ?? this.#lastSequence + 1
  }

  /** The stream as one process reaches it. */
  connect(): SimulatedConnection {
    return new SimulatedConnection(this)
  }

  /** Runs `execute` as a call of this process, with whatever happens to it on its way. */
  call<A>(connection: SimulatedConnection, execute: () => A, silent: A, done: (answer: A) => void): void {
    const travelMs = () => this.#prng.unit() * this.answerMsMax
    const trouble = this.#prng.chance(this.troubleChance) ? this.#prng.integer(0, 3) : undefined
    const arrives = () => !this.isDown && !connection.isCut
    let isAnswered = false
    const answer = (given: A) => {
      if (isAnswered || connection.isDead) return
      isAnswered = true
      done(given)
    }
    const arrive = (isAnswerLost: boolean) => {
      if (!arrives()) return
      const given = execute()
      this.#after(travelMs(), () => {
        if (!isAnswerLost && arrives()) answer(given)
      })
    }
    // 0: lost; 1: its answer is lost; 2: late; 3: twice.
    if (trouble !== 0) {
      const lateMs = trouble === 2 ? this.#prng.unit() * 3 * this.timeoutMs : 0
      this.#after(lateMs + travelMs(), () => arrive(trouble === 1))
    }
    if (trouble === 3) this.#after(this.#prng.unit() * this.timeoutMs, () => arrive(true))
    this.#after(this.timeoutMs, () => answer(silent))
  }

  publish({ subject, bytes, epochSequence, lastSequence }: NewRecord): PublishAnswer {
    const isExpected = lastSequence === undefined || lastSequence === this.#lastSequence
    const lastEpoch = this.lastOf('epoch')?.sequence ?? 0
    if (!isExpected || epochSequence !== lastEpoch) return { kind: 'mismatch' }
    if (this.isFull) return { kind: 'refused', code: logFull, words: 'maximum bytes exceeded' }
    this.#lastSequence += 1
    const record = { subject, sequence: this.#lastSequence, bytes: bytes.slice() }
    this.#records.push(record)
    this.onStored?.(record)
    for (const follower of this.#followers) this.#pump(follower)
    return { kind: 'stored', sequence: this.#lastSequence }
  }

  read(sequence: number): ReadAnswer {
    const record = this.#records[sequence - this.firstSequence]
    return found(sequence > this.#readable ? undefined : record)
  }

  readEpoch(): ReadAnswer {
    return found(this.lastOf('epoch', this.#readable) ?? this.lastOf('epoch'))
  }

  lastOf(subject: Subject, throughSequence = this.#lastSequence): StreamRecord | undefined {
    return this.#records.findLast(record => record.subject === subject && record.sequence <= throughSequence)
  }

  /** The last record that a read can find. */
  get #readable(): number {
    const isStale = this.staleChance > 0 && this.#prng.chance(this.staleChance)
    return this.#lastSequence - (isStale ? this.#prng.integer(0, staleCountMax) : 0)
  }

  storePiece(id: SnapshotId, bytes: Uint8Array, lastSequence: number): PublishAnswer {
    const pieces = this.snapshots.get(keyOf(id))?.pieces ?? []
    if ((pieces.at(-1)?.sequence ?? 0) !== lastSequence) return { kind: 'mismatch' }
    this.#pieceCount += 1
    pieces.push({ sequence: this.#pieceCount, bytes })
    this.snapshots.set(keyOf(id), { id, pieces })
    return { kind: 'stored', sequence: this.#pieceCount }
  }

  purgeBefore(sequence: number): void {
    while (this.firstSequence < sequence && this.#records.length > 0) this.#records.shift()
  }

  follow(connection: SimulatedConnection, fromSequence: number, onRecord: Follower['onRecord']): () => void {
    const follower: Follower = { connection, next: fromSequence, onRecord, isPumping: false }
    this.#followers.add(follower)
    this.#pump(follower)
    return () => this.#followers.delete(follower)
  }

  #pump(follower: Follower): void {
    if (follower.isPumping || follower.next > this.#lastSequence || !this.#followers.has(follower)) return
    follower.isPumping = true
    this.#after(this.#prng.unit() * this.lagMsMax, () => {
      follower.isPumping = false
      const { connection, next, onRecord } = follower
      if (connection.isDead || !this.#followers.has(follower)) return
      if (!this.isDown && !connection.isCut) {
        const record = this.#records[Math.max(0, next - this.firstSequence)]
        if (record !== undefined) {
          follower.next = record.sequence + 1
          onRecord(record)
        }
      }
      this.#pump(follower)
    })
  }
}

interface Follower {
  readonly connection: SimulatedConnection
  readonly onRecord: (record: StreamRecord) => void
  next: number
  isPumping: boolean
}

export class SimulatedConnection implements RecordStream {
  readonly name = 'simulated'
  readonly #stream: SimulatedStream
  /** Nothing comes through, either way. */
  isCut = false
  /** The process has died: nothing is told any more. What it sent still arrives. */
  isDead = false

  constructor(stream: SimulatedStream) {
    this.#stream = stream
  }

  get logBytesMax(): number {
    return this.#stream.logBytesMax
  }

  publish(record: NewRecord, done: (answer: PublishAnswer) => void): void {
    this.#call<PublishAnswer>(() => this.#stream.publish(record), done)
  }

  read(sequence: number, done: (answer: ReadAnswer) => void): void {
    this.#call<ReadAnswer>(() => this.#stream.read(sequence), done)
  }

  readEpoch(done: (answer: ReadAnswer) => void): void {
    this.#call<ReadAnswer>(() => this.#stream.readEpoch(), done)
  }

  follow(fromSequence: number, onRecord: (record: StreamRecord) => void): () => void {
    return this.#stream.follow(this, fromSequence, onRecord)
  }

  purgeBefore(sequence: number, done: (answer: StreamAnswer) => void): void {
    this.#call<StreamAnswer>(() => {
      this.#stream.purgeBefore(sequence)
      return { kind: 'done' }
    }, done)
  }

  storePiece(
    id: SnapshotId,
    bytes: Uint8Array,
    lastSequence: number,
    done: (answer: PublishAnswer) => void,
  ): void {
    const piece = bytes.slice()
    this.#call<PublishAnswer>(() => this.#stream.storePiece(id, piece, lastSequence), done)
  }

  loadPieces(id: SnapshotId, done: (answer: StreamAnswer, pieces: readonly Uint8Array[]) => void): void {
    let pieces: readonly Uint8Array[] = []
    this.#call<StreamAnswer>(
      () => {
        pieces = (this.#stream.snapshots.get(keyOf(id))?.pieces ?? []).map(({ bytes }) => bytes)
        return { kind: 'done' }
      },
      answer => done(answer, pieces),
    )
  }

  dropSnapshotsBefore(
    { epoch, attempt }: SnapshotId,
    kept: SnapshotId | undefined,
    done: (answer: StreamAnswer) => void,
  ): void {
    this.#call<StreamAnswer>(() => {
      for (const [key, { id }] of this.#stream.snapshots)
        if (id.epoch < epoch || (id.epoch === epoch && id.attempt < attempt))
          if (kept === undefined || key !== keyOf(kept)) this.#stream.snapshots.delete(key)
      return { kind: 'done' }
    }, done)
  }

  #call<A>(execute: () => A, done: (answer: A | Silent) => void): void {
    this.#stream.call<A | Silent>(this, execute, { kind: 'silent' }, done)
  }
}

function found(record: StreamRecord | undefined): ReadAnswer {
  return record === undefined ? { kind: 'absent' } : { kind: 'record', record }
}

type Silent = { readonly kind: 'silent' }

function keyOf({ epoch, attempt }: SnapshotId): string {
  return `${epoch}.${attempt}`
}
