/**
 * What is settled of the capacity when twice and four times of it are offered, with admission by age:
 * `npx tsx apps/judge/bench/goodput.ts`. First in virtual time, where the pace is the bound and where attempts at once are. Then on
 * this machine's processes (`node tools/build.mjs` first), where ten attempts of 100 ms at once are. The capacity is what settles
 * while more is offered and everything is accepted.
 */
import { randomUUID } from 'node:crypto'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { alignedTable } from '@rinha/base'
import { playOverload } from '@rinha/simulator'
import { BareCluster } from '../../../e2e/testing/bare-cluster.ts'
import { configure } from '../../../e2e/testing/steady-load.ts'

const [queueWaitMsMax, durationMs] = [2000, 30_000]
const [warmUpMs, ratedMs] = [5000, 10_000]
const head = ['', 'offered', 'a second', 'refused', 'settled a second', '× capacity', 'longest, ms']

function* virtualRows(): Generator<readonly string[]> {
  const bounds = { pace: { perSecondMax: 500 }, 'attempts at once': { countMax: 20, delayMs: 50 } }
  for (const [name, bound] of Object.entries(bounds)) {
    const open = playOverload({ offeredPerSecond: 2000, queueWaitMsMax: 0, durationMs, bound })
    const capacity = open.settledPerSecond
    for (const times of [2, 4]) {
      const offeredPerSecond = times * capacity
      const result = playOverload({ offeredPerSecond, queueWaitMsMax, durationMs, bound })
      const share = result.refusedCount / result.offeredCount
      yield row(name, times, offeredPerSecond, share, result.settledPerSecond, capacity, result.ageMsMax)
    }
  }
}

function row(
  name: string,
  times: number,
  offered: number,
  refused: number,
  settled: number,
  capacity: number,
  ageMs?: number,
): readonly string[] {
  const percent = `${(refused * 100).toFixed(0)} %`
  const ratio = (settled / capacity).toFixed(3)
  return [name, `${times} ×`, offered.toFixed(0), percent, settled.toFixed(1), ratio, ageMs?.toFixed(0) ?? '']
}

/**
 * Measures, on real processes, how many payments settle in a second and which share of the offered ones is refused, once
 * the queue is as long as it may get.
 */
async function onProcesses(perSecond: number, waitMsMax: number) {
  const cluster = await BareCluster.start({
    IN_FLIGHT_COUNT_INITIAL: '10',
    IN_FLIGHT_COUNT_MAX: '10',
    QUEUE_WAIT_MS_MAX: `${waitMsMax}`,
    POLICY: 'always-cheapest',
  })
  await configure(cluster.ports.defaultPort, 'delay', { delay: 100 })
  let [offeredCount, refusedCount] = [0, 0]
  const load = setInterval(() => {
    for (let count = 0; count < perSecond / 20; count += 1) {
      offeredCount += 1
      cluster.post(randomUUID(), 19.9).then(({ status }) => {
        if (status === 503) refusedCount += 1
      })
    }
  }, 50)
  const look = async () => {
    const { totalRequests } = await cluster.books('default')
    return { recordedCount: totalRequests, atMs: performance.now(), offeredCount, refusedCount }
  }
  await pause(warmUpMs)
  const [from, to] = [await look(), await pause(ratedMs).then(look)]
  clearInterval(load)
  await cluster.kill()
  return {
    settledPerSecond: ((to.recordedCount - from.recordedCount) * 1000) / (to.atMs - from.atMs),
    refusedShare: (to.refusedCount - from.refusedCount) / (to.offeredCount - from.offeredCount),
  }
}

const rows = [...virtualRows()]
const { settledPerSecond: capacity } = await onProcesses(200, 0)
for (const times of [2, 4]) {
  const { settledPerSecond, refusedShare } = await onProcesses(times * capacity, queueWaitMsMax)
  rows.push(row('processes', times, times * capacity, refusedShare, settledPerSecond, capacity))
}
process.stdout.write(`${alignedTable([head, ...rows], 'lrrrrrr').join('\n')}\n`)
process.exit()
