import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '@rinha/base'
import type { Archive } from '../archive.ts'
import { checkpointPrefix } from './checkpoint.ts'
import { generationOf } from './generation.ts'
import { generationIn, LevelArchive, type LevelArchiveOptions } from './level-archive.ts'
import { wordsOf } from './level-store.ts'

export interface OpenArchive {
  readonly archive: Archive
  /** Resolves when all that was begun has ended. Nothing is asked or added after the call. */
  close(): Promise<void>
}

interface Wanted extends LevelArchiveOptions {
  /** The purges that the ledger has seen. */
  readonly generation: number
  /** The payments that have left the ledger since the last purge. Fewer in the archive: a part of it is lost. */
  readonly countMin: number
}

/**
 * Opens the archive in a directory that no other process writes to, or begins one: nothing is written before the first payment
 * comes. What a crash left of earlier generations is removed. The error is words for an operator.
 */
export async function openArchive(path: string, wanted: Wanted): Promise<Result<OpenArchive, string>> {
  const { generation: number, countMin } = wanted
  const generation = generationIn(path, number, wanted)
  try {
    const names = existsSync(path) ? readdirSync(path) : []
    if (names.some(name => (generationOf(name) ?? 0) > number))
      return err(`the archive in ${path} is newer than the journal: restore both from the same backup`)
    for (const name of names)
      if (name.startsWith(checkpointPrefix) || (generationOf(name) ?? number) < number)
        rmSync(join(path, name), { recursive: true })
    await generation.openExisting()
  } catch (error) {
    return err(`the archive in ${path} cannot be opened: ${wordsOf(error)}`)
  }
  const count = generation.store?.count ?? 0
  if (count < countMin) {
    await generation.close()
    return err(
      `the archive in ${path} has ${count} payments, and the journal has moved ${countMin} there: ` +
        'a part of it is lost, and a payment could be charged twice. Restore it from a backup',
    )
  }
  const archive = new LevelArchive(path, wanted, number, generation)
  return ok({ archive, close: () => archive.close() })
}
