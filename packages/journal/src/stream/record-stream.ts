/**
 * The port to a replicated stream of records, as JetStream has it: `jetstream/` implements it on the network,
 * `SimulatedStream` in memory. It keeps two kinds of records in one order, numbered by `sequence` from 1 without gaps, and
 * beside them the pieces of snapshots. It decides nothing: `StreamLog` and `Standby` do.
 *
 * Every call is answered once, later. An answer that does not come in time is `silent`: what was asked may have happened, may
 * still happen, or never.
 */
export interface RecordStream {
  /** What an operator knows it by. */
  readonly name: string
  /** How many bytes of records its log may have. There is room for {@link reserveBytes} more. */
  readonly logBytesMax: number
  /** Stores a record if the stream is as expected. `stored` once a quorum has it on disk. */
  publish(record: NewRecord, done: (answer: PublishAnswer) => void): void
  /** The record with this number, by the stream's leader. */
  read(sequence: number, done: (answer: ReadAnswer) => void): void
  /** The last record of the subject `epoch`, by the stream's leader. */
  readEpoch(done: (answer: ReadAnswer) => void): void
  /**
   * Every record from this number on, in their order, those that come later too, until the returned function is called. Where
   * the first ones are gone, it begins with a higher number.
   */
  follow(fromSequence: number, onRecord: (record: StreamRecord) => void): () => void
  /** Removes every record with a lower number. */
  purgeBefore(sequence: number, done: (answer: StreamAnswer) => void): void
  /** Adds the next piece of a snapshot, if `lastSequence` is the number of its last piece; 0: it has none. */
  storePiece(
    snapshot: SnapshotId,
    bytes: Uint8Array,
    lastSequence: number,
    done: (answer: PublishAnswer) => void,
  ): void
  /** The pieces that were stored of it, in their order; fewer where some are gone. */
  loadPieces(snapshot: SnapshotId, done: (answer: StreamAnswer, pieces: readonly Uint8Array[]) => void): void
  /** Removes the pieces of snapshots of earlier epochs, and of earlier attempts of this one, except those of `kept`. */
  dropSnapshotsBefore(
    snapshot: SnapshotId,
    kept: SnapshotId | undefined,
    done: (answer: StreamAnswer) => void,
  ): void
}

/** Frames, or who may write them. */
export type Subject = 'frames' | 'epoch'

export interface StreamRecord {
  readonly sequence: number
  readonly bytes: Uint8Array
}

export interface NewRecord {
  readonly subject: Subject
  readonly bytes: Uint8Array
  /** The number of the last record of the subject `epoch`; 0 where there is none. */
  readonly epochSequence: number
  /** The number of the last record of all; undefined: any. */
  readonly lastSequence: number | undefined
}

/** Which attempt of which epoch's writer. */
export interface SnapshotId {
  readonly epoch: number
  readonly attempt: number
}

/** `refused`: it has not happened, and the words say why. */
export type StreamAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'refused'; readonly code: string; readonly words: string }

export type PublishAnswer =
  | { readonly kind: 'stored'; readonly sequence: number }
  /** The stream is not as expected. */
  | { readonly kind: 'mismatch' }
  | Exclude<StreamAnswer, { readonly kind: 'done' }>

export type ReadAnswer =
  | { readonly kind: 'record'; readonly record: StreamRecord }
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent' }
