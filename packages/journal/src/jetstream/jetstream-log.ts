import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  type MsgRequest,
  type NextMsgRequest,
  type StreamExpectations,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { reserveBytes } from '../limits.ts'
import { logFull } from '../log/log-store.ts'
import type {
  NewRecord,
  PublishAnswer,
  ReadAnswer,
  RecordStream,
  SnapshotId,
  StreamAnswer,
  StreamRecord,
} from '../stream/record-stream.ts'
import { follow } from './follow.ts'
import {
  answerMsMax,
  type JetStreamOptions,
  logName,
  type OpenStreams,
  openStreams,
  snapshotsName,
} from './open-streams.ts'

/** How long a close waits until what was told has been written. */
const closeMsMax = 200
/** The server's code for a stream that has its bytes. */
const fullCode = 10077

/** The server's codes for a stream that is not as expected. */
const mismatchCodes = [10071, 10164]

/**
 * A shard's journal in JetStream: the stream `LOG_SHARD` with the subjects `log.SHARD.frames` and `log.SHARD.epoch`, and the
 * stream `SNAPSHOTS_SHARD` with a subject for each snapshot. Beside them the leader tells on `leader.SHARD` that it lives, in plain NATS. It only translates; `StreamLog` and `Standby`
 * decide.
 *
 * A record is acknowledged when a quorum of servers has it on disk, provided that they run with `sync_interval: always`. The
 * header Expected-Last-Msg-Id is never sent: a mismatch of it can leave a stream without a leader (2.14, 2.15).
 */
export class JetStreamLog implements RecordStream {
  readonly name: string
  readonly logBytesMax: number
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #shard: string
  readonly #onPublished: (tookMs: number) => void
  #isConnected = true
  /** How many servers have each record on disk. */
  readonly replicaCount: number

  private constructor(
    { connection, manager, config: { num_replicas, max_bytes } }: OpenStreams,
    { shard, onPublished = () => {} }: JetStreamOptions,
  ) {
    this.replicaCount = num_replicas
    const limitBytes = max_bytes < 0 ? Number.MAX_SAFE_INTEGER : max_bytes
    this.logBytesMax = limitBytes > reserveBytes ? limitBytes - reserveBytes : limitBytes / 2
    this.#onPublished = onPublished
    this.name = logName(shard)
    this.#connection = connection
    this.#client = jetstream(connection, { timeout: answerMsMax })
    this.#manager = manager
    this.#shard = shard
    void this.#watch()
  }

  /** Rejects where no server can be reached in time, or one refuses; see {@link openStreams}. */
  static async open(options: JetStreamOptions): Promise<JetStreamLog> {
    return new JetStreamLog(await openStreams(options), options)
  }

  publish(record: NewRecord, done: (answer: PublishAnswer) => void): void {
    const expect = {
      streamName: this.name,
      lastSubjectSequence: record.epochSequence,
      lastSubjectSequenceSubject: this.#subject('epoch'),
      ...(record.lastSequence !== undefined && { lastSequence: record.lastSequence }),
    }
    this.#publish(this.#subject(record.subject), record.bytes, expect, done)
  }

  read(sequence: number, done: (answer: ReadAnswer) => void): void {
    void this.#read(this.name, { seq: sequence }).then(done)
  }

  readEpoch(done: (answer: ReadAnswer) => void): void {
    void this.#read(this.name, { last_by_subj: this.#subject('epoch') }).then(done)
  }

  follow(fromSequence: number, onRecord: (record: StreamRecord) => void): () => void {
    const from = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: fromSequence }
    return follow(this.#client, this.name, from, onRecord)
  }

  purgeBefore(sequence: number, done: (answer: StreamAnswer) => void): void {
    this.#manager.streams
      .purge(this.name, { seq: sequence })
      .then(() => succeeded, refusal)
      .then(done)
  }

  storePiece(
    snapshot: SnapshotId,
    bytes: Uint8Array,
    lastSequence: number,
    done: (answer: PublishAnswer) => void,
  ): void {
    const expect = { streamName: snapshotsName(this.#shard), lastSubjectSequence: lastSequence }
    this.#publish(this.#snapshotSubject(snapshot), bytes, expect, done)
  }

  loadPieces(
    snapshot: SnapshotId,
    done: (answer: StreamAnswer, pieces: readonly Uint8Array[]) => void,
  ): void {
    void this.#loadPieces(this.#snapshotSubject(snapshot)).then(pieces =>
      pieces === undefined ? done({ kind: 'silent' }, []) : done(succeeded, pieces),
    )
  }

  dropSnapshotsBefore(
    snapshot: SnapshotId,
    kept: SnapshotId | undefined,
    done: (answer: StreamAnswer) => void,
  ): void {
    this.#dropSnapshotsBefore(snapshot, kept)
      .then(() => succeeded, refusal)
      .then(done)
  }

  /** Whether a server is there for this process. What it asks may be silent all the same. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status())
      if (type === 'disconnect') this.#isConnected = false
      else if (type === 'reconnect') this.#isConnected = true
  }

  /** Tells every process that listens, without any promise. */
  tell(words: string): void {
    if (!this.#connection.isClosed()) this.#connection.publish(this.#leaderSubject, words)
  }

  listen(onWords: (words: string) => void): () => void {
    const subscription = this.#connection.subscribe(this.#leaderSubject, {
      callback: (error, message) => {
        if (error === null) onWords(message.string())
      },
    })
    return () => subscription.unsubscribe()
  }

  /** What was told is written before it closes, if a server is there. */
  async close(): Promise<void> {
    await Promise.race([
      this.#connection.flush().catch(() => {}),
      sleep(closeMsMax, undefined, { ref: false }),
    ])
    await this.#connection.close()
  }

  #publish(
    subject: string,
    bytes: Uint8Array,
    expect: Partial<Omit<StreamExpectations, 'lastMsgID'>>,
    done: (answer: PublishAnswer) => void,
  ): void {
    const beganMs = performance.now()
    this.#client
      .publish(subject, bytes, { expect })
      .then(({ seq }): PublishAnswer => ({ kind: 'stored', sequence: seq }), publishRefusal)
      .then(answer => {
        this.#onPublished(performance.now() - beganMs)
        done(answer)
      })
  }

  /** By the stream's leader: a direct get may be answered by a server that is behind. */
  async #read(stream: string, query: MsgRequest | NextMsgRequest): Promise<ReadAnswer> {
    try {
      // The server takes `next_by_subj` here too; the client's type does not know that.
      const found = await this.#manager.streams.getMessage(stream, query as MsgRequest)
      if (found === null) return { kind: 'absent' }
      return { kind: 'record', record: { sequence: found.seq, bytes: found.data } }
    } catch {
      return { kind: 'silent' }
    }
  }

  async #loadPieces(subject: string): Promise<readonly Uint8Array[] | undefined> {
    const pieces: Uint8Array[] = []
    for (let from = 1; ; ) {
      const answer = await this.#read(snapshotsName(this.#shard), { seq: from, next_by_subj: subject })
      if (answer.kind === 'silent') return undefined
      if (answer.kind === 'absent') return pieces
      pieces.push(answer.record.bytes)
      from = answer.record.sequence + 1
    }
  }

  async #dropSnapshotsBefore({ epoch, attempt }: SnapshotId, kept: SnapshotId | undefined): Promise<void> {
    const stream = snapshotsName(this.#shard)
    const { state } = await this.#manager.streams.info(stream, {
      subjects_filter: `snapshots.${this.#shard}.>`,
    })
    for (const subject of Object.keys(state.subjects ?? {})) {
      if (kept !== undefined && subject === this.#snapshotSubject(kept)) continue
      const [theirEpoch = 0, theirAttempt = 0] = subject.split('.').slice(2).map(Number)
      if (theirEpoch < epoch || (theirEpoch === epoch && theirAttempt < attempt))
        await this.#manager.streams.purge(stream, { filter: subject })
    }
  }

  #subject(kind: NewRecord['subject']): string {
    return `log.${this.#shard}.${kind}`
  }

  get #leaderSubject(): string {
    return `leader.${this.#shard}`
  }

  #snapshotSubject({ epoch, attempt }: SnapshotId): string {
    return `snapshots.${this.#shard}.${epoch}.${attempt}`
  }
}

const succeeded: StreamAnswer = { kind: 'done' }

/** A server's word is a refusal. Any other error is about the way to one: what was asked may have happened. */
function refusal(error: unknown): Exclude<StreamAnswer, { kind: 'done' }> {
  if (!(error instanceof JetStreamApiError)) return { kind: 'silent' }
  return {
    kind: 'refused',
    code: error.code === fullCode ? logFull : `JS${error.code}`,
    words: error.message,
  }
}

function publishRefusal(error: unknown): PublishAnswer {
  const isMismatch = error instanceof JetStreamApiError && mismatchCodes.includes(error.code)
  return isMismatch ? { kind: 'mismatch' } : refusal(error)
}
