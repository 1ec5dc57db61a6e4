import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FeePeriod } from '@rinha/engine'
import { StartProblem, syncDirectory } from '@rinha/service'

/** Which fees were in force when, for the next process. */
export interface FeesFile {
  readonly found: readonly FeePeriod[]
  /** Resolves when they are on disk. Nothing where they are the same array as the last time. */
  write(periods: readonly FeePeriod[]): Promise<void>
}

/** `fees.json` in a directory that this process alone writes to (the journal's). */
export async function openFeesFile(directory: string): Promise<FeesFile> {
  const path = join(directory, 'fees.json')
  const found = await read(path)
  let kept = found
  return {
    found,
    write: async periods => {
      if (periods === kept) return
      await writeFile(`${path}.next`, `${JSON.stringify(periods)}\n`, { mode: 0o600, flush: true })
      await rename(`${path}.next`, path)
      await syncDirectory(directory)
      kept = periods
    },
  }
}

async function read(path: string): Promise<readonly FeePeriod[]> {
  try {
    const periods = parseFees(await readFile(path, 'utf8'))
    if (periods !== undefined) return periods
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
  }
  throw new StartProblem(
    `${path} is damaged: it should be a list of fees, each with the instant from which it was in force`,
  )
}

/** `undefined`: the text is JSON, but no list of fees. */
export function parseFees(text: string): readonly FeePeriod[] | undefined {
  const periods: unknown = JSON.parse(text)
  return Array.isArray(periods) && periods.every(isPeriod) ? periods : undefined
}

function isPeriod(period: Partial<FeePeriod> | null): boolean {
  return (
    Number.isSafeInteger(period?.fromMs) &&
    Object.values(period?.feeBps ?? {}).every(feeBps => Number.isSafeInteger(feeBps))
  )
}
