import {
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type MsgRequest,
  type NextMsgRequest,
  StorageType,
  type StreamConfig,
  type StreamExpectations,
} from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
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

interface JetStreamOptions {
  readonly servers: readonly string[]
  /** Whose journal it is. Only its coordinators may publish on `log.SHARD.>` and `snapshots.SHARD.>`. */
  readonly shard: string
  /** 3 where there are three servers, 1 where there is one. */
  readonly replicaCount: number
  /** The most bytes of the log; as many again of snapshots. */
  readonly logBytesMax: number
}

/** How long an answer is waited for. Three servers elect a leader in 4 to 9 s, so no wait is long enough for that. */
const answerMsMax = 1000
/** How long servers are waited for that have no leader yet. */
const openMsMax = 20_000
/** A server that hangs is left after two pings. */
const pingMs = 300
const pingsOutMax = 2
const connectMsMax = 500
const reconnectMs = 100

/** The server's codes for a stream that is not as expected. */
const mismatchCodes = [10071, 10164]

/**
 * A shard's journal in JetStream: the stream `LOG_SHARD` with the subjects `log.SHARD.frames` and `log.SHARD.epoch`, and the
 * stream `SNAPSHOTS_SHARD` with a subject for each snapshot. It only translates; `StreamLog` and `Standby`
 * decide.
 *
 * A record is acknowledged when a quorum of servers has it on disk, provided that they run with `sync_interval: always`. The
 * header Expected-Last-Msg-Id is never sent: a mismatch of it can leave a stream without a leader (2.14, 2.15).
 */
export class JetStreamLog implements RecordStream {
  readonly name: string
  readonly #connection: NatsConnection
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #shard: string

  private constructor(connection: NatsConnection, manager: JetStreamManager, shard: string) {
    this.name = logName(shard)
    this.#connection = connection
    this.#client = jetstream(connection, { timeout: answerMsMax })
    this.#manager = manager
    this.#shard = shard
  }

  /** Connects, and makes the streams where they are missing. Rejects where no server can be reached, or one refuses. */
  static async open({ servers, shard, replicaCount, logBytesMax }: JetStreamOptions): Promise<JetStreamLog> {
    const connection = await connect({
      servers: [...servers],
      name: `coordinator of ${shard}`,
      pingInterval: pingMs,
      maxPingOut: pingsOutMax,
      timeout: connectMsMax,
      maxReconnectAttempts: -1,
      reconnectTimeWait: reconnectMs,
      ignoreClusterUpdates: false,
    })
    try {
      const manager = await jetstreamManager(connection, { timeout: answerMsMax, checkAPI: false })
      const common = {
        storage: StorageType.File,
        num_replicas: replicaCount,
        discard: DiscardPolicy.New,
        max_bytes: logBytesMax,
        deny_delete: true,
      }
      await makeStream(manager, { ...common, name: logName(shard), subjects: [`log.${shard}.*`] })
      await makeStream(manager, {
        ...common,
        name: snapshotsName(shard),
        subjects: [`snapshots.${shard}.*.*`],
      })
      return new JetStreamLog(connection, manager, shard)
    } catch (error) {
      await connection.close()
      throw error
    }
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

  dropSnapshotsBefore(snapshot: SnapshotId, done: (answer: StreamAnswer) => void): void {
    this.#dropSnapshotsBefore(snapshot)
      .then(() => succeeded, refusal)
      .then(done)
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #publish(
    subject: string,
    bytes: Uint8Array,
    expect: Partial<Omit<StreamExpectations, 'lastMsgID'>>,
    done: (answer: PublishAnswer) => void,
  ): void {
    this.#client
      .publish(subject, bytes, { expect })
      .then(({ seq }): PublishAnswer => ({ kind: 'stored', sequence: seq }), publishRefusal)
      .then(done)
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

  async #dropSnapshotsBefore({ epoch, attempt }: SnapshotId): Promise<void> {
    const stream = snapshotsName(this.#shard)
    const { state } = await this.#manager.streams.info(stream, {
      subjects_filter: `snapshots.${this.#shard}.>`,
    })
    for (const subject of Object.keys(state.subjects ?? {})) {
      const [theirEpoch = 0, theirAttempt = 0] = subject.split('.').slice(2).map(Number)
      if (theirEpoch < epoch || (theirEpoch === epoch && theirAttempt < attempt))
        await this.#manager.streams.purge(stream, { filter: subject })
    }
  }

  #subject(kind: NewRecord['subject']): string {
    return `log.${this.#shard}.${kind}`
  }

  #snapshotSubject({ epoch, attempt }: SnapshotId): string {
    return `snapshots.${this.#shard}.${epoch}.${attempt}`
  }
}

const logName = (shard: string) => `LOG_${shard}`
const snapshotsName = (shard: string) => `SNAPSHOTS_${shard}`
const succeeded: StreamAnswer = { kind: 'done' }

/** One that is there keeps what an operator has configured. Servers that elect a leader are waited for. */
async function makeStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { readonly name: string },
): Promise<void> {
  const endMs = performance.now() + openMsMax
  for (;;) {
    try {
      const isThere = await manager.streams.info(config.name).then(() => true, isNotFound)
      if (!isThere) await manager.streams.add(config)
      return
    } catch (error) {
      if (error instanceof JetStreamApiError || performance.now() > endMs) throw error
    }
  }
}

function isNotFound(error: unknown): false {
  if (!(error instanceof JetStreamApiError)) throw error
  return false
}

/** A server's word is a refusal. Any other error is about the way to one: what was asked may have happened. */
function refusal(error: unknown): Exclude<StreamAnswer, { kind: 'done' }> {
  if (!(error instanceof JetStreamApiError)) return { kind: 'silent' }
  return { kind: 'refused', code: `JS${error.code}`, words: error.message }
}

function publishRefusal(error: unknown): PublishAnswer {
  const isMismatch = error instanceof JetStreamApiError && mismatchCodes.includes(error.code)
  return isMismatch ? { kind: 'mismatch' } : refusal(error)
}
