import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { StartProblem } from '@rinha/service'
import { interruptible, type ScoreOutput } from '../score/command.ts'
import { ProgressWriter } from '../score/progress.ts'
import { type ChaosOptions, chaosHelp, parseChaosOptions, printChaosOptions } from './options.ts'
import { chaosTable, progressLine, ruleLines } from './report.ts'
import { type ChaosProgress, chanceSeed, runOnce } from './run.ts'

/** The `chaos` command. Resolves with the exit code; chaosHelp says what each means. */
export async function runChaos(
  argv: readonly string[],
  output: ScoreOutput = process,
  bundleDirectory: string = dirname(fileURLToPath(import.meta.url)),
): Promise<number> {
  const complain = (lines: readonly string[]) => {
    for (const line of lines) output.stderr.write(`chaos: ${line}\n`)
  }
  const parsed = parseChaosOptions(argv, chanceSeed())
  if (!parsed.ok) {
    complain([...parsed.error, '--help shows them all'])
    return 2
  }
  if (parsed.value === 'help') {
    output.stdout.write(chaosHelp)
    return 0
  }
  const options = parsed.value
  const notUsable = problemWithFolder(options.keepDirectory)
  if (notUsable !== undefined) {
    complain([notUsable])
    return 2
  }
  output.stdout.write(`chaos ${printChaosOptions(options)}\n`)
  const directory = folderFor(options)
  let worthKeeping = true
  try {
    const exitCode = await play(options, { bundleDirectory, directory }, output, complain)
    worthKeeping = exitCode === 1
    return exitCode
  } finally {
    if (options.keepDirectory !== undefined || worthKeeping)
      output.stdout.write(`data and logs: ${directory}\n`)
    else rmSync(directory, { recursive: true, force: true })
  }
}

async function play(
  options: ChaosOptions,
  places: { readonly bundleDirectory: string; readonly directory: string },
  output: ScoreOutput,
  complain: (lines: readonly string[]) => void,
): Promise<number> {
  const progress = new ProgressWriter(output.stderr)
  const onProgress = (now: ChaosProgress) => {
    if (progress.due(now.elapsedMs)) progress.show(progressLine(options, now), now.elapsedMs)
  }
  return interruptible(async interrupt => {
    try {
      const result = await runOnce(options, places, onProgress, interrupt)
      progress.end()
      const table = chaosTable(options, result)
      output.stdout.write(table)
      writeFileSync(join(places.directory, 'report.txt'), `chaos ${printChaosOptions(options)}\n${table}`)
      return ruleLines(result).every(({ held }) => held) ? 0 : 1
    } catch (error) {
      progress.end()
      if (interrupt.aborted) {
        complain(['interrupted; no process of the run is left'])
        return 130
      }
      if (!(error instanceof StartProblem)) throw error
      complain([error.message])
      return 1
    }
  })
}

/** A folder with another run's journal in it would be taken for this run's. */
function problemWithFolder(path: string | undefined): string | undefined {
  if (path === undefined || !existsSync(path)) return undefined
  const isEmpty = statSync(path).isDirectory() && readdirSync(path).length === 0
  return isEmpty ? undefined : `--keep ${JSON.stringify(path)} is not allowed: a folder that is new or empty`
}

function folderFor({ keepDirectory }: ChaosOptions): string {
  if (keepDirectory === undefined) return mkdtempSync(join(tmpdir(), 'chaos-'))
  mkdirSync(keepDirectory, { recursive: true })
  return resolve(keepDirectory)
}
