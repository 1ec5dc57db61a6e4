import { assert } from '@rinha/base'
import { processorCountMax } from '@rinha/payment'
import { crc32c } from './crc32c.ts'
import {
  formatVersion,
  formatVersionMin,
  frameBytesMax,
  journalIdBytes,
  processorNameBytesMax,
} from './limits.ts'

/**
 * The files of a journal, version 2. All numbers are little-endian, instants and frame numbers are doubles (f64), texts
 * are UTF-8, checksums are CRC-32C. Frames are numbered from 1.
 *
 * ```
 * segment-<number of its first frame, 16 digits>.log    header, then frames with consecutive numbers
 * snapshot-<number of the frame to go on from>.img      header, then chunks; at most one is live, the newest
 * *.tmp                                                 a snapshot that is being written; means nothing
 *
 * header   0  8   JRNL-SEG or JRNL-SNP
 *          8  u32 format version
 *         12  u32 bytes of the header
 *         16  16  journalId: drawn when the directory is first used
 *         32  f64 the number in the file's name
 *         40  u16 count of processors, then for each: u16 bytes of its name, the name
 *         -8  u32 epoch: which start of a process on this journal wrote the file, counted from 1. Files that were written
 *             before there were epochs end their header without one; it counts as 0
 *         -4  u32 checksum of all before
 *
 * frame    0  u32 magic
 *          4  u32 bytes of the payload, 1 to 1 MiB
 *          8  f64 number of the frame
 *         16  u32 checksum of journalId, bytes 0 to 15
 *         20  u32 checksum of journalId, bytes 0 to 15, payload
 *         24  payload: entries back to back
 *
 * entry    1  accepted: f64 acceptedAtMs, u32 count, count × (16 correlationId, 8 amountCents unsigned BIG-endian)
 *          2  sent:     u32 row, u8 processor, f64 requestedAtMs
 *          3  requeued: u32 row, u8 doubt (0 none, 1 refused)
 *          4  settled:  u32 row, u8 processor, f64 requestedAtMs
 *          5  rejected: u32 row, u16 bytes of the reason, the reason
 *          6  purged
 *          7  confirmed: u32 row, u8 processor, f64 requestedAtMs    (7 and 8 by a person's word, since November 2026)
 *          8  released:  u32 row
 *          9  discarded: u32 row                                     (since December 2026)
 *         10  retired:   f64 firstRow, f64 archivedToMs              (since December 2026)
 *         11  polled:    u8 processor                              (since December 2026)
 *         12  noted:     u8 topic, u32 bytes of the text, the text (since December 2026)
 *         128 more than a kind with a row: the row is an f64, because it does not fit 32 bits
 *
 * chunk    0  u32 magic
 *          4  u32 kind
 *          8  u32 bytes of the payload
 *         12  u32 checksum of journalId, the number of the snapshot, the index of the chunk (f64), bytes 4 to 11, payload
 *         16  payload
 *
 * kinds    5  reasons:  u32 count, count × (u16 bytes of the reason, the reason)
 *          6  rows:     u32 count, ids 16 × count, amountCents u32 × count, acceptedAtMs f64 ×, states u8 ×, processors i8 ×,
 *                       requestedAtMs f64 ×, reasons u8 × (an index into the reasons)
 *          8  earlier:  u32 count, count × (u32 row, u8 processor, f64 requestedAtMs): attempts at open payments that were
 *                       read and refused; none where there are none
 *         12  the same with rows that are f64, where one does not fit 32 bits
 *          9  past:     f64 purges, f64 first row, f64 archivedToMs, f64 cents accepted, f64 discarded payments that have left,
 *                       u32 count, count × (u8 processor, f64 payments, f64 cents): those that have left. Where nothing was
 *                       purged and nothing has left, there is none, and neither are the next two. They stand before the rows
 *         10  stragglers: rows as above, with row f64 × count behind the count
 *         11  seconds:  u32 pieces, then for each: u8 processor, f64 first key, u16 count, offsets u16 × count, counts u32 ×,
 *                       cents f64 × (ledger/src/archived-sums.ts)
 *         13  note:     u8 topic, the text; one for each topic that was noted, before the rows
 *          7  end:      u32 payments, u32 chunks before this one; the file ends behind it
 *
 * Version 1 has the same segments. Its snapshots told open and rejected payments in lists beside the rows:
 *          1  columns:  u32 count, ids 16 × count, amountCents u32 × count, states u8 ×, processors i8 ×, requestedAtMs f64 ×
 *          2  open:     u32 count, count × (u32 row, f64 acceptedAtMs, u8 doubt (0 none, 1 refused, 2 recorded?), i8
 *                       processor, f64 requestedAtMs)
 *          3  rejected: u32 count, count × (u32 row, u16 bytes of the reason, the reason)
 *          4  end:      u32 payments, u32 open, u32 rejected, u32 chunks before this one; the file ends behind it
 * ```
 *
 * What recovery builds on:
 *   1. A header is synced before the first frame is appended, each frame before the next one is. So at most one header or
 *      one frame can be torn, and nothing of the same file comes behind it.
 *   2. A segment is created when everything before its first frame is synced. What an earlier file has from that frame on
 *      is superseded: its disk failed there, and the frame was written again under the same number.
 *   3. A checksum covers the journalId and the number, so what is copied from elsewhere fails it.
 *   4. A frame's header has a checksum of its own: one that is whole proves that the frame before it was synced, even where
 *      both payloads are damaged.
 *   5. A process that starts cuts off what it does not count. So a segment ends where the first one of another epoch begins;
 *      where it goes on, two processes wrote side by side.
 */
export const frameMagic = 0x4d41_4652
export const frameHeaderBytes = 24
export const chunkMagic = 0x4b4e_4843
export const chunkHeaderBytes = 16

export const chunkKind = {
  reasons: 5,
  rows: 6,
  end: 7,
  earlier: 8,
  past: 9,
  stragglers: 10,
  seconds: 11,
  earlierWide: 12,
  note: 13,
} as const
export const chunkKindV1 = { columns: 1, open: 2, rejected: 3, end: 4 } as const

export type FileKind = 'segment' | 'snapshot'

/** The header of every file of a journal. */
export interface FileHeader {
  readonly version: number
  readonly kind: FileKind
  readonly journalId: Uint8Array
  readonly number: number
  readonly processors: readonly string[]
  /** 0: written before there were epochs. */
  readonly epoch: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const magicOf = { segment: encoder.encode('JRNL-SEG'), snapshot: encoder.encode('JRNL-SNP') } as const
const fixedHeaderBytes = 42
export const headerBytesMin = fixedHeaderBytes + 4
const epochBytes = 4
export const headerBytesMax = headerBytesMin + processorCountMax * (2 + processorNameBytesMax) + epochBytes

export function segmentName(number: number): string {
  return `segment-${digits(number)}.log`
}

export function snapshotName(number: number): string {
  return `snapshot-${digits(number)}.img`
}

export function temporaryName(number: number): string {
  return `snapshot-${digits(number)}.tmp`
}

/** The numbers of the files of a kind, ascending. Other names are ignored. */
export function numbersOf(names: readonly string[], kind: FileKind): readonly number[] {
  const pattern = kind === 'segment' ? /^segment-(\d{16})\.log$/ : /^snapshot-(\d{16})\.img$/
  return names
    .map(name => Number(pattern.exec(name)?.[1]))
    .filter(number => Number.isSafeInteger(number))
    .sort((a, b) => a - b)
}

export function isTemporary(name: string): boolean {
  return /^snapshot-\d{16}\.tmp$/.test(name)
}

export function encodeHeader({
  kind,
  journalId,
  number,
  processors,
  epoch,
}: Omit<FileHeader, 'version'>): Uint8Array {
  assert(journalId.length === journalIdBytes, 'a journalId is 16 bytes')
  assert(
    processors.length > 0 && processors.length <= processorCountMax,
    'the count of processors is in its limits',
  )
  const isName = (name: string) => name !== '' && encodeText(name).length <= processorNameBytesMax
  assert(processors.every(isName), 'a processor has a name')
  const names = encodeTexts(processors)
  const bytesCount = headerBytesMin + names.length + epochBytes
  const bytes = new Uint8Array(bytesCount)
  const view = viewOf(bytes)
  bytes.set(magicOf[kind])
  view.setUint32(8, formatVersion, true)
  view.setUint32(12, bytesCount, true)
  bytes.set(journalId, 16)
  view.setFloat64(32, number, true)
  view.setUint16(40, processors.length, true)
  bytes.set(names, fixedHeaderBytes)
  const end = bytesCount - 4
  view.setUint32(end - epochBytes, epoch, true)
  view.setUint32(end, crc32c(bytes, 0, 0, end), true)
  return bytes
}

export type HeaderReading =
  | { readonly ok: true; readonly header: FileHeader; readonly headerBytes: number }
  /** `damaged` may also be the beginning of a header whose writing was cut off. */
  | { readonly ok: false; readonly fault: 'damaged' | 'foreign' | 'version'; readonly what: string }

/** Reads the header at the start of `bytes`, the first {@link headerBytesMax} of a file or all there are. */
export function decodeHeader(bytes: Uint8Array, kind: FileKind): HeaderReading {
  if (bytes.length < headerBytesMin) return damaged('the header is cut off')
  const view = viewOf(bytes)
  const headerBytes = view.getUint32(12, true)
  if (headerBytes < headerBytesMin || headerBytes > headerBytesMax) return damaged('the header is damaged')
  if (bytes.length < headerBytes) return damaged('the header is cut off')
  const end = headerBytes - 4
  if (view.getUint32(end, true) !== crc32c(bytes, 0, 0, end))
    return damaged('the header is damaged: its checksum does not match')
  if (!startsWith(bytes, magicOf[kind])) return wrong(`the file is no ${kind} of a journal`)
  const version = view.getUint32(8, true)
  if (version < formatVersionMin || version > formatVersion) {
    const what = `the file has format version ${version}; this program reads versions ${formatVersionMin} to ${formatVersion}`
    return { ok: false, fault: 'version', what }
  }
  const count = view.getUint16(40, true)
  const withEpoch = namesIn(bytes.subarray(fixedHeaderBytes, end - epochBytes), count)
  const epoch = withEpoch === undefined ? 0 : view.getUint32(end - epochBytes, true)
  const processors = withEpoch ?? namesIn(bytes.subarray(fixedHeaderBytes, end), count)
  if (processors === undefined) return wrong('the header names its processors wrongly')
  const journalId = bytes.slice(16, 16 + journalIdBytes)
  return {
    ok: true,
    header: { version, kind, journalId, number: view.getFloat64(32, true), processors, epoch },
    headerBytes,
  }
}

function namesIn(bytes: Uint8Array, count: number): readonly string[] | undefined {
  const names = decodeTexts(bytes, count, processorNameBytesMax)
  return count > 0 && count <= processorCountMax && !names?.includes('') ? names : undefined
}

/** Fills in the header in front of a payload that is there already, from byte {@link frameHeaderBytes} on. */
export function sealFrame(frame: Uint8Array, journalSeed: number, number: number): void {
  const payloadBytes = frame.length - frameHeaderBytes
  assert(payloadBytes > 0 && payloadBytes <= frameBytesMax, 'a frame has a payload within its limit')
  const view = viewOf(frame)
  view.setUint32(0, frameMagic, true)
  view.setUint32(4, payloadBytes, true)
  view.setFloat64(8, number, true)
  const headerCrc = crc32c(frame, journalSeed, 0, 16)
  view.setUint32(16, headerCrc, true)
  view.setUint32(20, crc32c(frame, headerCrc, frameHeaderBytes), true)
}

export interface FrameHeader {
  readonly number: number
  readonly payloadBytes: number
  readonly payloadCrc: number
  /** The checksum of journalId and header. The payload's checksum continues from it. */
  readonly seed: number
}

/** The frame header at `at`, or undefined where no whole one of this journal is. */
export function readFrameHeader(bytes: Uint8Array, at: number, journalSeed: number): FrameHeader | undefined {
  if (at + frameHeaderBytes > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, frameHeaderBytes)
  if (view.getUint32(0, true) !== frameMagic) return undefined
  const payloadBytes = view.getUint32(4, true)
  const number = view.getFloat64(8, true)
  if (payloadBytes === 0 || payloadBytes > frameBytesMax) return undefined
  if (!Number.isSafeInteger(number) || number < 1) return undefined
  const seed = crc32c(bytes, journalSeed, at, at + 16)
  if (seed !== view.getUint32(16, true)) return undefined
  return { number, payloadBytes, payloadCrc: view.getUint32(20, true), seed }
}

/** The start value of the checksums of a journal's frames. */
export function journalSeedOf(journalId: Uint8Array): number {
  return crc32c(journalId)
}

/** The start value of the checksum of a chunk's own bytes. */
export function chunkSeed(journalId: Uint8Array, number: number, index: number): number {
  const place = new DataView(new ArrayBuffer(16))
  place.setFloat64(0, number, true)
  place.setFloat64(8, index, true)
  return crc32c(new Uint8Array(place.buffer), crc32c(journalId))
}

/** The checksum of a whole chunk whose header is at `at`. */
export function chunkCrc(bytes: Uint8Array, at: number, end: number, seed: number): number {
  return crc32c(bytes, crc32c(bytes, seed, at + 4, at + 12), at + chunkHeaderBytes, end)
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text)
}

/** undefined: the bytes are no UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Texts one after the other, each with its length in bytes before it. */
export function encodeTexts(texts: readonly string[]): Uint8Array {
  const encoded = texts.map(encodeText)
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + 2 + length, 0))
  let at = 0
  for (const text of encoded) {
    viewOf(bytes).setUint16(at, text.length, true)
    bytes.set(text, at + 2)
    at += 2 + text.length
  }
  return bytes
}

/** Reads so many texts, none longer than the limit; undefined if the bytes are something else. */
export function decodeTexts(
  bytes: Uint8Array,
  count: number,
  bytesMax: number,
): readonly string[] | undefined {
  const texts: string[] = []
  let at = 0
  while (texts.length < count && at + 2 <= bytes.length) {
    const end = at + 2 + viewOf(bytes).getUint16(at, true)
    const text = end <= Math.min(bytes.length, at + 2 + bytesMax) && decodeText(bytes.subarray(at + 2, end))
    if (typeof text !== 'string') return undefined
    texts.push(text)
    at = end
  }
  return texts.length === count && at === bytes.length ? texts : undefined
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, index) => byte === bytes[index])
}

function digits(number: number): string {
  assert(Number.isSafeInteger(number) && number >= 0, 'a frame number is a whole number')
  return String(number).padStart(16, '0')
}

function damaged(what: string): HeaderReading {
  return { ok: false, fault: 'damaged', what }
}

function wrong(what: string): HeaderReading {
  return { ok: false, fault: 'foreign', what }
}
