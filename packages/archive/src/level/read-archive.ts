import { existsSync, readdirSync } from 'node:fs'
import { err, ok, type Result } from '@rinha/base'
import type { ArchiveReader } from '../archive.ts'
import { openCheckpoint } from './checkpoint.ts'
import { Generation, generationOf } from './generation.ts'
import { wordsOf } from './level-store.ts'

interface OpenReader extends ArchiveReader {
  close(): Promise<void>
}

/**
 * The archive in a directory as it is now, for reading, whether a process writes to it or not; undefined where nothing was
 * archived in this generation. It needs room for a directory of links and a few megabytes there.
 */
export async function readArchive(
  path: string,
  generation: number,
  processors: readonly string[],
): Promise<Result<OpenReader | undefined, string>> {
  try {
    const names = existsSync(path) ? readdirSync(path) : []
    if (!names.some(name => generationOf(name) === generation)) return ok(undefined)
    return ok(await openCheckpoint(path, new Generation(path, generation, { processors }).path, processors))
  } catch (error) {
    return err(`the archive in ${path} cannot be read: ${wordsOf(error)}`)
  }
}
