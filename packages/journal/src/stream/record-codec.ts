import { crc32c } from '../crc32c.ts'
import { decodeHeader, encodeHeader, type FileHeader, frameHeaderBytes, viewOf } from '../format.ts'
import { journalIdBytes } from '../limits.ts'
import type { SnapshotId } from './record-stream.ts'

/**
 * The records of a journal's stream. All numbers are little-endian, checksums are CRC-32C; frames, headers and the pieces of
 * snapshots are those of format.ts.
 *
 * ```
 * frame    0  u32 magic
 *          4  u32 epoch of the writer
 *          8  u32 checksum of the frame record before, as it stands there in bytes 12 to 15; 0 before the first frame
 *         12  u32 checksum of bytes 0 to 11 and of the frame's header, which has a checksum of the payload
 *         16  a frame
 *
 * epoch    0  u32 magic
 *          4  u32 checksum of all that follows
 *          8  16  claimId: drawn by the process that writes from here on
 *         24  f64 the frame to go on from after the snapshot that counts; 0: there is none, and what follows is 0
 *         32  f64 the sequence from which on records are read after it
 *         40  u32 checksum of the frame record before that frame
 *         44  u32 epoch, u32 attempt: the snapshot's id
 *         52  u32 count of its pieces
 *         56  f64 bytes of its pieces
 *         64  a header of a segment, with the number 0: epoch, journalId, processors
 * ```
 *
 * The pieces of a snapshot, put together, are the bytes of a snapshot's file.
 */
const frameRecordMagic = 0x4d41_5246
const epochRecordMagic = 0x484c_4145
const prefixBytes = 16
const epochPrefixBytes = 64

/** The snapshot with which a reader begins. */
export interface SnapshotPlace extends SnapshotId {
  readonly number: number
  readonly fromSequence: number
  readonly checksumBefore: number
  readonly pieceCount: number
  readonly sizeBytes: number
}

/** Who may write frames, and where a reader begins. The claim of an epoch is one, and each snapshot that comes to count. */
export interface EpochRecord {
  readonly claimId: Uint8Array
  readonly snapshot: SnapshotPlace | undefined
  readonly header: Omit<FileHeader, 'version' | 'kind' | 'number'>
}

export interface FrameRecord {
  readonly epoch: number
  readonly checksumBefore: number
  readonly checksum: number
  /** Header and payload. */
  readonly frame: Uint8Array
}

export function encodeFrameRecord(frame: Uint8Array, epoch: number, checksumBefore: number): Uint8Array {
  const bytes = new Uint8Array(prefixBytes + frame.length)
  const view = viewOf(bytes)
  view.setUint32(0, frameRecordMagic, true)
  view.setUint32(4, epoch, true)
  view.setUint32(8, checksumBefore, true)
  bytes.set(frame, prefixBytes)
  view.setUint32(12, checksumOf(bytes), true)
  return bytes
}

/** Of a frame record: what the next one has as the checksum before it. */
export function checksumOfRecord(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(12, true)
}

export function encodeEpochRecord({ claimId, snapshot, header }: EpochRecord): Uint8Array {
  const tail = encodeHeader({ kind: 'segment', number: 0, ...header })
  const bytes = new Uint8Array(epochPrefixBytes + tail.length)
  const view = viewOf(bytes)
  view.setUint32(0, epochRecordMagic, true)
  bytes.set(claimId, 8)
  if (snapshot !== undefined) {
    view.setFloat64(24, snapshot.number, true)
    view.setFloat64(32, snapshot.fromSequence, true)
    view.setUint32(40, snapshot.checksumBefore, true)
    view.setUint32(44, snapshot.epoch, true)
    view.setUint32(48, snapshot.attempt, true)
    view.setUint32(52, snapshot.pieceCount, true)
    view.setFloat64(56, snapshot.sizeBytes, true)
  }
  bytes.set(tail, epochPrefixBytes)
  view.setUint32(4, crc32c(bytes, 0, 8), true)
  return bytes
}

/** A frame record whose own checksum is right, or undefined. The frame's are not looked at. */
export function decodeFrameRecord(bytes: Uint8Array): FrameRecord | undefined {
  if (bytes.length <= prefixBytes + frameHeaderBytes) return undefined
  const view = viewOf(bytes)
  const checksum = view.getUint32(12, true)
  if (view.getUint32(0, true) !== frameRecordMagic || checksum !== checksumOf(bytes)) return undefined
  const frame = bytes.subarray(prefixBytes)
  return { epoch: view.getUint32(4, true), checksumBefore: view.getUint32(8, true), checksum, frame }
}

export function decodeEpochRecord(bytes: Uint8Array): EpochRecord | undefined {
  if (bytes.length <= epochPrefixBytes) return undefined
  const view = viewOf(bytes)
  if (view.getUint32(0, true) !== epochRecordMagic) return undefined
  if (view.getUint32(4, true) !== crc32c(bytes, 0, 8)) return undefined
  const reading = decodeHeader(bytes.subarray(epochPrefixBytes), 'segment')
  if (!reading.ok) return undefined
  const number = view.getFloat64(24, true)
  const snapshot = {
    number,
    fromSequence: view.getFloat64(32, true),
    checksumBefore: view.getUint32(40, true),
    epoch: view.getUint32(44, true),
    attempt: view.getUint32(48, true),
    pieceCount: view.getUint32(52, true),
    sizeBytes: view.getFloat64(56, true),
  }
  const { journalId, processors, epoch } = reading.header
  const claimId = bytes.slice(8, 8 + journalIdBytes)
  return {
    claimId,
    snapshot: number === 0 ? undefined : snapshot,
    header: { journalId, processors, epoch },
  }
}

function checksumOf(bytes: Uint8Array): number {
  return crc32c(bytes, crc32c(bytes, 0, 0, 12), prefixBytes, prefixBytes + frameHeaderBytes)
}
