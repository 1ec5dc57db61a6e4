import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { StartProblem } from '@rinha/service'
import { originsOf, type RunOptions } from '../score/options.ts'
import { findOut } from './findings.ts'
import { type ReportedRun, reportPage } from './page.ts'

/** The folder of reports without a path of their own. git ignores it. */
const directory = 'results'

/**
 * Looks up the payments for the report of a run, and writes the report. Resolves with the line that says where it is, or
 * with undefined if no report is wanted. `name` distinguishes the reports of one command.
 */
export async function writeReport(
  options: Pick<RunOptions, 'report' | 'noReport' | 'backend' | 'default' | 'fallback'>,
  run: Omit<ReportedRun, 'findings'>,
  name = '',
): Promise<string | undefined> {
  if (options.noReport) return undefined
  const findings = await findOut(originsOf(options), run.recording, run.measured)
  const file = resolve(fileOf(options.report, run, name))
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, reportPage({ ...run, findings }))
  } catch (error) {
    throw new StartProblem(`--report: ${file} could not be written: ${String(error)}`)
  }
  return `Report: ${file}`
}

function fileOf(
  given: string | undefined,
  { schedule, recording }: Pick<ReportedRun, 'schedule' | 'recording'>,
  name: string,
): string {
  if (given !== undefined) return name === '' ? given : given.replace(/(\.[^./]*)?$/, `${name}$1`)
  const at = new Date(recording.startedAtMs)
    .toISOString()
    .slice(0, 19)
    .replaceAll(/[-:]/g, '')
    .replace('T', '-')
  return `${directory}/score-${schedule.name.replaceAll(/[^\w-]/g, '_')}-${at}${name}.html`
}
