import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { StartProblem } from '@rinha/service'
import { originsOf, type RunOptions } from '../score/options.ts'
import { findOut } from './findings.ts'
import { type ReportedRun, reportPage } from './page.ts'

/** Where reports go that were not told where to: git ignores it. */
const directory = 'results'

/**
 * Looks up what is to be reported of a run, writes it, and resolves with the line that says where; undefined where no report
 * is wanted. `name` tells reports of one command apart.
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
