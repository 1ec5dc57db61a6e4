import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import { type Command, command, interruptible, type Output } from '@rinha/service'
import { type Block, BlockRunner } from './block.ts'
import { mostPayments, SteadyProcess } from './loads.ts'
import { type BenchClusterOptions, benchClusterOptions } from './options.ts'
import { previewRounds, previewTable } from './preview.ts'
import { mediansOf, type Series, servicesTable, stacksTable } from './report.ts'
import { Stacks } from './stacks.ts'
import { wrkConnectionCount } from './wrk.ts'

export const benchCluster: Command<BenchClusterOptions> = command({
  name: 'bench-cluster',
  summary: 'measure the containers: latency, throughput, CPU a payment, beside two floors',
  typed: 'npm run bench:cluster --',
  about: `Measures the compose stack and two floors that have the same limits and the same HAProxy configuration. A floor shows what
the machine allows: in floor A, HAProxy answers by itself; in floor B, HAProxy forwards to two servers that do nothing. All
stacks run at the same time, under names, ports and networks of their own. Each round loads one after the other, in short
blocks. Figures are medians of the rounds; × is the median of the ratios to floor B in the same round.`,
  options: benchClusterOptions,
  notes: `Needs Docker and wrk. \`perf\` is needed to count system calls, and k6 for --cpu-preview. Containers are removed at the end.

Exit code: 0 all was measured; 1 it could not be measured; 2 a wrong option; 130 interrupted.`,
  work: (options, output, complain) =>
    interruptible(
      interrupt => measure(options, output, interrupt),
      () => complain('interrupted; the containers are removed'),
    ),
})

/** The figures that are printed, and those for the JSON file. */
interface Figures {
  readonly medians: object
  readonly rounds: object
}

async function measure(
  options: BenchClusterOptions,
  output: Output,
  interrupt: AbortSignal,
): Promise<number> {
  const say = (line: string) => output.stderr.write(`${line}\n`)
  const stacks = new Stacks()
  const runners: BlockRunner[] = []
  try {
    if (!options.noBuild) {
      say('building the images of this checkout')
      await stacks.build()
    }
    const { stack: other } = options
    const starts = [
      () => stacks.floorA(),
      () => stacks.floorB(),
      ...(other === undefined ? [] : [() => stacks.cluster('other', other)]),
      () => stacks.cluster('ours'),
    ]
    // The preview has nothing to measure at floor A: k6 itself is most of it.
    for (const start of options.cpuPreview ? starts.slice(1) : starts) {
      interrupt.throwIfAborted()
      runners.push(new BlockRunner(await start()))
      say(`${runners.at(-1)?.stack.name} is up`)
    }
    const machine = `${os.cpus()[0]?.model}, ${os.cpus().length} cores, Linux ${os.release()}, Node ${process.version}`
    output.stdout.write(`${machine}; medians of ${options.rounds} rounds\n\n`)
    const json = options.cpuPreview
      ? await measurePreviews(options, runners, output, interrupt)
      : await measureBlocks(options, runners, output, interrupt)
    const at = new Date().toISOString()
    output.stdout.write(`${JSON.stringify({ machine, at, ...json.medians })}\n`)
    if (options.json !== undefined)
      await writeFile(options.json, `${JSON.stringify({ machine, at, ...json.rounds }, null, 1)}\n`)
    return 0
  } finally {
    for (const runner of runners) await runner.close()
    await stacks.down()
  }
}

async function measurePreviews(
  options: BenchClusterOptions,
  runners: readonly BlockRunner[],
  output: Output,
  interrupt: AbortSignal,
): Promise<Figures> {
  const stacks = runners.map(({ stack }) => stack)
  const say = (line: string) => output.stderr.write(`${line}\n`)
  const previews = await previewRounds(stacks, options.rounds, say, interrupt)
  output.stdout.write(`The preview in k6, 550 users\n\n${previewTable(previews)}\n\n`)
  return { medians: { previews }, rounds: { previews } }
}

async function measureBlocks(
  { rounds, seconds, rate }: BenchClusterOptions,
  runners: readonly BlockRunner[],
  output: Output,
  interrupt: AbortSignal,
): Promise<Figures> {
  const load = await SteadyProcess.start()
  const steadyBlocks: Block[][] = runners.map(() => [])
  const mostBlocks: Block[][] = runners.map(() => [])
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const countsCalls = round === 0
      for (const [index, runner] of runners.entries()) {
        interrupt.throwIfAborted()
        const steady = (origin: string) => load.play(origin, rate, seconds)
        steadyBlocks[index]?.push(await runner.run(steady, seconds, { countsCalls, waits: false }))
      }
      for (const [index, runner] of runners.entries()) {
        interrupt.throwIfAborted()
        const most = (origin: string) => mostPayments(origin, seconds)
        mostBlocks[index]?.push(await runner.run(most, seconds, { countsCalls, waits: true }))
      }
      output.stderr.write(round === 0 ? 'warm\n' : `round ${round} of ${rounds}\n`)
    }
  } finally {
    await load.stop()
  }
  const steady = seriesOf(runners, steadyBlocks)
  const most = seriesOf(runners, mostBlocks)
  for (const [title, all] of [
    [
      `Steady, ${rate} payments a second, blocks of ${seconds} s; milliseconds, CPU of an accepted payment`,
      steady,
    ],
    [`The most payments a second, wrk with ${wrkConnectionCount} connections, blocks of ${seconds} s`, most],
  ] as const) {
    const floor = all.find(({ name }) => name === 'floor B')
    if (floor === undefined) continue
    output.stdout.write(`${title}\n\n${stacksTable(all, floor)}\n\n${servicesTable(all)}\n\n`)
  }
  return {
    medians: { rate, seconds, steady: steady.map(mediansOf), most: most.map(mediansOf) },
    rounds: { rate, seconds, steady, most },
  }
}

/** The first block of each is not counted: code is compiled in it, and system calls are counted. */
function seriesOf(runners: readonly BlockRunner[], blocks: readonly (readonly Block[])[]): readonly Series[] {
  return runners.flatMap(({ stack: { name } }, index) => {
    const [counted, ...measured] = blocks[index] ?? []
    return counted === undefined ? [] : [{ name, counted, blocks: measured }]
  })
}
