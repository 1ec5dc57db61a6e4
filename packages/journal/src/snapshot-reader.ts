import type { FileReader } from './file-reader.ts'
import { chunkCrc, chunkHeaderBytes, chunkMagic, chunkSeed, viewOf } from './format.ts'
import { chunkBytesMax } from './limits.ts'

export interface SnapshotFault {
  readonly offset: number
  readonly what: string
}

/** Receives the chunks of a snapshot, in either version. */
export interface ChunkTaker {
  /** Whether the last chunk was the end. */
  readonly ended: boolean
  /** Takes a payload whose checksum is right, `index` chunks after the first; says what is wrong with it. */
  chunk(kind: number, payload: Uint8Array, index: number): string | undefined
}

/**
 * Reads the chunks of a snapshot, after its header, into `image`. Any error in a snapshot is damage, because it got its
 * name only after all of it was synced.
 */
export function readSnapshot(
  file: Pick<FileReader, 'read' | 'sizeBytes'>,
  journalId: Uint8Array,
  number: number,
  headerBytes: number,
  image: ChunkTaker,
): SnapshotFault | undefined {
  let offset = headerBytes
  for (let index = 0; !image.ended; index += 1) {
    const header = file.read(offset, chunkHeaderBytes)
    if (header.length < chunkHeaderBytes) return { offset, what: 'the snapshot is cut off' }
    const view = viewOf(header)
    const payloadBytes = view.getUint32(8, true)
    if (view.getUint32(0, true) !== chunkMagic || payloadBytes > chunkBytesMax)
      return { offset, what: 'the snapshot is damaged: no chunk begins here' }
    const kind = view.getUint32(4, true)
    const crc = view.getUint32(12, true)
    const chunk = file.read(offset, chunkHeaderBytes + payloadBytes)
    if (chunk.length < chunkHeaderBytes + payloadBytes) return { offset, what: 'the snapshot is cut off' }
    if (crc !== chunkCrc(chunk, 0, chunk.length, chunkSeed(journalId, number, index)))
      return { offset, what: 'the snapshot is damaged: a checksum does not match' }
    const problem = image.chunk(kind, chunk.subarray(chunkHeaderBytes), index)
    if (problem !== undefined) return { offset, what: `the snapshot is contradictory: ${problem}` }
    offset += chunkHeaderBytes + payloadBytes
  }
  return offset === file.sizeBytes
    ? undefined
    : { offset, what: 'there are bytes after the end of the snapshot' }
}
