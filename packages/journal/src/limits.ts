import { assert } from '@rinha/base'
import { reasonLengthMax } from '@rinha/payment'

/** Every limit of the journal, each with its reason. Those of the format are part of it: see format.ts. */

/** Written into every file. What version 1 has is read too (image-codec-v1.ts); any other version is refused, not guessed at. */
export const formatVersion = 2
export const formatVersionMin = 1

export const journalIdBytes = 16

/**
 * The longest payload of a frame, and so the longest append to a segment: what a power cut can tear, and how long one
 * write occupies the disk.
 */
export const frameBytesMax = 1024 * 1024

/**
 * The longest payload of a frame that is written. A whole record of a stream with its headers is then below the megabyte that
 * a NATS server takes if nothing else is configured.
 */
export const frameFillBytesMax = frameBytesMax - 4096

/** The longest piece of a snapshot in a stream. */
export const pieceBytesMax = 512 * 1024

/** What a stream's log may have beyond its limit: the frames before a snapshot that is to make room, and the record that says so. */
export const reserveBytes = 16 * 1024 * 1024
/** What a server stores beside a record: its head, its subject, and the conditions. */
export const recordOverheadBytes = 256

/**
 * A segment that is past this is followed by a new one, and no snapshot is due before. A start replays some 20 MB of facts a
 * second, a million facts.
 */
export const segmentBytesMaxDefault = 16 * 1024 * 1024

/** Payments of one `accepted` entry on disk: 768 KiB. A larger batch becomes several entries. */
export const recordCountMax = 32_768

/** A UTF-16 unit takes at most three bytes of UTF-8; a pair of them four. */
export const reasonBytesMax = 3 * reasonLengthMax

/** Bytes of UTF-8. */
export const processorNameBytesMax = 256

/** Rows are 48 bits: 2,000 payments a second for 4,000 years. */
export const rowCountMax = 2 ** 48

/**
 * The rows in a chunk of a snapshot: the most that a reader takes, and the number that the writer puts into one (1.3 MiB an
 * append).
 */
export const chunkRowCountMax = 65_536
export const chunkRowCount = 32_768
/** Pieces of archived time in a chunk: 0.5 MiB. */
export const chunkPieceCount = 64
/** The longest payload of a chunk: in version 1 its rows, each with a reason of full length. */
export const chunkBytesMax = 8 + chunkRowCountMax * (6 + reasonBytesMax)

/**
 * How long an entry that nobody waits for may wait for company. Outcomes are such entries: a process that dies before they
 * are on disk leaves its successor the intent, and so one look-up for each.
 */
export const gatherMs = 20

/** How often a process that writes nothing looks whether the directory is still its own. */
export const lookMs = 500

/** How long a disk that failed is left alone. */
export const retryMsDefault = 1000
/** A snapshot that was given up is tried again after so many of these. */
export const snapshotRetryFactor = 30
/** Dead bytes before a `purged` from which a snapshot is worth its work at once. */
export const purgedBytesMin = 1024 * 1024

/** How many frame buffers are kept for reuse, and up to which size. Buffers that grew in a burst are released. */
export const spareBufferCount = 2
export const spareBufferBytesMax = 256 * 1024

assert(chunkRowCount <= chunkRowCountMax, 'what is written can be read')
