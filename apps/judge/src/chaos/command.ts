import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Command,
  type Complain,
  command,
  interruptible,
  type Output,
  UsageProblem,
} from '@rinha/service'
import { printOptions } from '@rinha/settings'
import { noise } from '../noise/command.ts'
import { type NoiseFlags, noiseFlags } from '../noise/options.ts'
import { ProgressWriter } from '../progress.ts'
import type { FleetPlaces } from './layout.ts'
import { type ChaosFlags, type ChaosOptions, chaosFlags, chaosOptions } from './options.ts'
import { chaosTable, progressLine, ruleLines } from './report.ts'
import { runOnce } from './run.ts'

/** Uses the bundles of a folder: by default the folder of the running bundle. */
export function chaosWith(bundleDirectory: string): Command<ChaosFlags & NoiseFlags> {
  return command({
    name: 'chaos',
    summary: 'inject faults into the real processes under load, and compare the books',
    typed: 'npm run chaos --',
    about: `Runs the real processes under load, injects faults, and heals them all. Then it compares, payment by payment, the answers
that clients got with the books of the processors.`,
    options: { ...chaosFlags, ...noiseFlags },
    notes: `It starts two processors, a coordinator with a journal (without one under --no-journal) and two API nodes, on free ports, with a
TCP proxy in every link between them. The faults:
  processes   are killed, stopped and started, or paused; their wall clocks step forwards and backwards
  disk        the disk of the coordinator's journal is full
  links       are slow, trickle, break, or fall silent
  processors  are slow, fail, answer statuses such as 404 and 524 whether they record the payment or not; their look-ups lag or
              give wrong answers
Each fault ends by itself.

--noise needs a running cluster, in containers or by npm start, with its two simulated processors. It adds noise to the processors:
1 % of answers come 3 s late, 1 % of connections are reset before the payment is recorded and 1 % after that, 0.5 % of answers are
503 although the payment is recorded, and 1 % are 429. Payments are posted at a fixed rate, whatever happens to earlier ones. The
noise goes on until all payments are settled, but at most for 10 s after the last post. Then every payment is compared.

Exit code: 0 every rule held; 1 a rule was broken, or chaos could not run; 2 a wrong option; 130 interrupted.`,
    work: async ({ keep, ...flags }, output, complain) => {
      if (flags.noise) return noise(flags, output, complain)
      if (keep !== undefined) assertIsEmpty(keep)
      const options = chaosOptions({ ...flags, keep }, randomInt(2 ** 31))
      const typed = `chaos ${printOptions(chaosFlags, { ...flags, seed: options.seed })}\n`
      output.stdout.write(typed)
      const places = { bundleDirectory, directory: folderFor(keep), hasJournal: options.hasJournal }
      let worthKeeping = true
      try {
        const exitCode = await play(options, places, typed, output, complain)
        worthKeeping = exitCode === 1
        return exitCode
      } finally {
        if (keep !== undefined || worthKeeping) output.stdout.write(`data and logs: ${places.directory}\n`)
        else rmSync(places.directory, { recursive: true, force: true })
      }
    },
  })
}

export const chaos = chaosWith(dirname(fileURLToPath(import.meta.url)))

function play(
  options: ChaosOptions,
  places: FleetPlaces,
  typed: string,
  output: Output,
  complain: Complain,
): Promise<number> {
  const progress = new ProgressWriter(output.stderr)
  const onProgress: Parameters<typeof runOnce>[2] = now => {
    if (progress.isDue) progress.show(progressLine(options, now))
  }
  return interruptible(
    async interrupt => {
      const result = await runOnce(options, places, onProgress, interrupt).finally(() => progress.end())
      const table = chaosTable(options, result)
      output.stdout.write(table)
      writeFileSync(join(places.directory, 'report.txt'), typed + table)
      return ruleLines(result).every(({ held }) => held) ? 0 : 1
    },
    () => complain('interrupted; no process of the run is left'),
  )
}

/** A folder with another run's journal in it would be taken for this run's. */
function assertIsEmpty(path: string): void {
  if (!existsSync(path) || (statSync(path).isDirectory() && readdirSync(path).length === 0)) return
  throw new UsageProblem(`--keep ${JSON.stringify(path)} is not allowed: the folder must be new or empty`)
}

function folderFor(path: string | undefined): string {
  if (path === undefined) return mkdtempSync(join(tmpdir(), 'chaos-'))
  mkdirSync(path, { recursive: true })
  return resolve(path)
}
