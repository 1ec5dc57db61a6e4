import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { StartProblem } from '@rinha/service'
import type { ClusterReport } from '@rinha/simulator'
import { playerPage } from './page.ts'

/** Set by the bundler. From the sources there is none: a test, or a tool. */
declare const RUN_PLAYER: string | undefined

/** Writes the page of a recorded run, and answers where. */
export async function writePlayer(given: string, report: ClusterReport, command: string): Promise<string> {
  const file = resolve(given)
  if (report.recorded === undefined || typeof RUN_PLAYER === 'undefined')
    throw new StartProblem('--html: only the bundle has the player; start it with npm run simulate')
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, playerPage(report, report.recorded, command, RUN_PLAYER))
  } catch (error) {
    throw new StartProblem(`--html: ${file} could not be written: ${String(error)}`)
  }
  return file
}
