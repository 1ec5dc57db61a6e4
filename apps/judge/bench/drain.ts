/**
 * Does it hurt those who post when a backlog is drained beside them? The compose stack under names of its own, of the images that
 * `docker compose build` makes, with a drain of 4000 payments a second. Each round: four seconds at 600/s alone; then both
 * processors fail while `wrk` posts for some seconds, they work again, and as soon as the backlog leaves, four seconds at 600/s
 * beside it. Prints p50 and p99 of both and what settled a second, for each round, and the medians of the ratios.
 *
 *   docker compose build && npx tsx apps/judge/bench/drain.ts [ROUNDS]
 */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { alignedTable } from '@rinha/base'
import { type Block, BlockRunner } from '../src/bench/block.ts'
import { mostPayments, SteadyProcess } from '../src/bench/loads.ts'
import { type Stack, Stacks } from '../src/bench/stacks.ts'
import { median } from '../src/k6/report.ts'
import { Backend, Processor } from '../src/score/targets.ts'

const [perSecond, seconds, backlogSeconds, drainPerSecond] = [600, 4, 9, 4000]
const timeoutMs = 5000
const rounds = Number(process.argv[2] ?? 5)

async function setFailing(twins: readonly Processor[], isFailing: boolean): Promise<void> {
  for (const twin of twins) {
    const problem = await twin.setFailing(isFailing)
    if (problem !== undefined) throw new Error(problem)
  }
}

/** Resolves when the backlog has begun to leave. Its length. */
async function fillAndBegin({ origin, processors }: Stack): Promise<number> {
  const backend = new Backend(origin, timeoutMs, () => {})
  const twins = (['default', 'fallback'] as const).map(
    name => new Processor(name, processors?.[name] ?? '', timeoutMs, '123', () => {}),
  )
  try {
    await setFailing(twins, true)
    const before = await backend.bookedCount()
    const { acceptedCount } = await mostPayments(origin, backlogSeconds)
    await setFailing(twins, false)
    while ((await backend.bookedCount()) < before + 500) await sleep(20)
    return acceptedCount
  } finally {
    for (const target of [backend, ...twins]) await target.close()
  }
}

process.env.DRAIN_PER_SECOND_MAX = `${drainPerSecond}`
const stacks = new Stacks()
const load = await SteadyProcess.start()
const measured: { readonly alone: Block; readonly beside: Block; readonly backlogCount: number }[] = []
try {
  const stack = await stacks.cluster('ours')
  const runner = new BlockRunner(stack)
  const steady = () =>
    runner.run(origin => load.play(origin, perSecond, seconds), seconds, { countsCalls: false, waits: false })
  // The first round compiles the code.
  for (let round = 0; round <= rounds; round += 1) {
    const alone = await steady()
    const backlogCount = await fillAndBegin(stack)
    const beside = await steady()
    if (round > 0) measured.push({ alone, beside, backlogCount })
    process.stderr.write(round === 0 ? 'warm\n' : `round ${round} of ${rounds}\n`)
  }
  await runner.close()
} finally {
  await load.stop()
  await stacks.down()
}
const ms = (value: number) => value.toFixed(2)
const ratio = (of: (block: Block) => number) =>
  median(measured.map(({ alone, beside }) => of(beside) / of(alone)))
console.log(
  alignedTable([
    ['alone, p50', 'p99', 'backlog', 'beside, p50', 'p99', 'settled a second', 'failed'],
    ...measured.map(({ alone, beside, backlogCount }) => [
      ...[alone.p50Ms, alone.p99Ms].map(ms),
      `${backlogCount}`,
      ...[beside.p50Ms, beside.p99Ms].map(ms),
      beside.settledPerSecond.toFixed(0),
      `${alone.failedCount + beside.failedCount}`,
    ]),
  ]).join('\n'),
)
console.log(`beside it: p50 ${ms(ratio(block => block.p50Ms))} ×, p99 ${ms(ratio(block => block.p99Ms))} ×`)
