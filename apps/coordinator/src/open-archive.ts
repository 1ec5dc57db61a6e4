import { join } from 'node:path'
import type { OpenArchive } from '@rinha/archive/level'
import type { OpenLog } from '@rinha/coordinator'
import { type Logger, StartProblem } from '@rinha/service'
import type { CoordinatorSettings } from './settings.ts'

/**
 * Opens the archive beside the journal, for payments that leave memory; `undefined` where none leave and none have left. Throws a
 * StartProblem for an archive that is damaged or does not fit the journal, and where the program for it is not installed.
 */
export async function openArchiveBeside(
  { JOURNAL_DIR, RETAIN_HOURS }: Pick<CoordinatorSettings, 'JOURNAL_DIR' | 'RETAIN_HOURS'>,
  { ledger, found }: Pick<OpenLog, 'ledger' | 'found'>,
  log: Logger,
): Promise<OpenArchive | undefined> {
  if (RETAIN_HOURS === 0 && ledger.left.count === 0) return undefined
  const { openArchive } = await import('@rinha/archive/level').catch((error: Error) => {
    throw new StartProblem(
      `RETAIN_HOURS=${RETAIN_HOURS}: the archive in JOURNAL_DIR needs archive.mjs and level/ beside this program, which the image ` +
        `coordinator-archive has (${error.message}). With RETAIN_HOURS=0 all payments stay in memory`,
    )
  })
  const archive = await openArchive(join(JOURNAL_DIR, 'archive'), {
    processors: found.processors,
    generation: ledger.forgotten.count,
    countMin: ledger.left.count,
    onProblem: line => log.warn(line),
  })
  if (!archive.ok) throw new StartProblem(`JOURNAL_DIR=${JOURNAL_DIR}: ${archive.error}`)
  return archive.value
}
