/**
 * What each level of acknowledgement costs, against a deployment with a journal: p50, p98 and p99 at a steady rate, the levels in
 * turn from request to request, and the most payments a second, level by level in turn. Medians over the rounds, and differences
 * and ratios to `received` of the same round. Below them, as the floor of what `journaled` is more, one synced write and nothing
 * else, in a directory that should be on the journal's disk.
 *
 * Then, where `perf` may record, as many steady rounds again, and beside their p99 that of the payments that met nothing else:
 * whatever the machine does besides (what it is watched with, memory management) takes a core for milliseconds, and a
 * level that waits longer, for more threads, meets it more often. It says how many were set aside and what they met.
 *
 *   docker compose -f docker-compose.yml -f docker-compose.journal.yml up --detach --wait
 *   npx tsx apps/judge/bench/ack-levels.ts [http://localhost:9999] [ROUNDS] [PER_SECOND] [DIR]
 *
 * The load is made here, so the machine's cores carry it too: compare, do not quote. A request to localhost passes
 * through Docker's proxy process. Requests to the machine's own address (`http://$(hostname -I | cut -d' ' -f1):9999`)
 * avoid it, as those of clients elsewhere do. Five rounds are some 250,000 payments, and the simulated processors hold
 * 300,000: start them anew first (`docker compose -f docker-compose.processors.yml restart`).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { alignedTable } from '@rinha/base'
import type { AppendFile } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { type LocalAckLevel, localAckLevels } from '@rinha/node'
import { median } from '../src/k6/report.ts'
import { percentile } from '../src/score/percentile.ts'
import { AckLoad, type PostedPayment } from './ack-load.ts'
import { meets, Recording, type Spell } from './other-work.ts'

const [origin = 'http://localhost:9999', roundsText = '5', perSecondText = '600', directory = '.'] =
  process.argv.slice(2)
const [rounds, perSecond] = [Number(roundsText), Number(perSecondText)]
interface Latency {
  readonly p50Ms: number
  readonly p98Ms: number
  readonly p99Ms: number
}
type ByLevel = Readonly<Record<LocalAckLevel, Latency>>
const [syncCount, syncBytes, syncGapMs, warmUpRounds] = [1000, 200, 1, 2]

/** Synced writes as long as a frame with two entries, about as often as payments come: a disk that is never idle is quicker. */
async function syncs(file: AppendFile): Promise<Latency> {
  const bytes = new Uint8Array(syncBytes)
  const takenMs: number[] = []
  for (let count = 0; count < syncCount; count += 1) {
    const startedMs = performance.now()
    await new Promise<void>((resolve, reject) =>
      file.append(bytes, problem => (problem === undefined ? resolve() : reject(problem))),
    )
    takenMs.push(performance.now() - startedMs)
    await sleep(syncGapMs)
  }
  return latencyOf(takenMs)
}

function latencyOf(takenMs: readonly number[]): Latency {
  const [p50Ms = 0, p98Ms = 0, p99Ms = 0] = [0.5, 0.98, 0.99].map(part => percentile(takenMs, part))
  return { p50Ms, p98Ms, p99Ms }
}

function byLevel(payments: readonly PostedPayment[]): ByLevel {
  const of = (wanted: LocalAckLevel) =>
    latencyOf(payments.filter(({ level }) => level === wanted).map(({ tookMs }) => tookMs))
  return { received: of('received'), queued: of('queued'), journaled: of('journaled') }
}

const latencies: ByLevel[] = []
const rates: Record<LocalAckLevel, number[]> = { received: [], queued: [], journaled: [] }
const disk: Latency[] = []
const disposable = mkdtempSync(join(directory, 'ack-levels-'))
process.once('exit', () => rmSync(disposable, { recursive: true }))
const opened = await openDirectory(disposable)
if (!opened.ok) throw new Error(opened.error)
const file = opened.value.disk.create('synced')
const load = await AckLoad.open(origin)
// The code that is measured is compiled in steps, the last after some ten thousand payments. At the steady rate that takes
// minutes, so it is done at the highest.
for (const level of localAckLevels) {
  await load.flood(level)
  await load.settled()
}
for (let round = 0; round < warmUpRounds; round += 1) await load.steady(perSecond)
for (let round = 0; round < rounds; round += 1) {
  latencies.push(byLevel(await load.steady(perSecond)))
  await load.settled()
  disk.push(await syncs(file))
  process.stderr.write(`steady, round ${round + 1} of ${rounds}\n`)
}

const recorded: ByLevel[] = []
const undisturbed: ByLevel[] = []
const spells: Spell[] = []
let [recordedCount, metCount] = [0, 0]
const recordingProblem = Recording.problem(join(disposable, 'recorded'))
for (let round = 0; round < rounds && recordingProblem === undefined; round += 1) {
  const recording = new Recording(join(disposable, 'recorded'))
  await sleep(500)
  const payments = await load.steady(perSecond)
  const met = await recording.stop()
  const rest = payments.filter(({ fromMs, tookMs }) => !meets(met, fromMs, fromMs + tookMs))
  spells.push(...met)
  recordedCount += payments.length
  metCount += payments.length - rest.length
  recorded.push(byLevel(payments))
  undisturbed.push(byLevel(rest))
  process.stderr.write(`recorded, round ${round + 1} of ${rounds}\n`)
}

// Played after all steady blocks: a flood leaves garbage and connections behind that take seconds to clear.
for (let round = 0; round < rounds; round += 1) {
  for (let turn = 0; turn < localAckLevels.length; turn += 1) {
    // Another one first each time: none always follows the same.
    const level = localAckLevels[(round + turn) % localAckLevels.length] ?? 'received'
    await load.settled()
    rates[level].push(await load.flood(level))
  }
  process.stderr.write(`as many as possible, round ${round + 1} of ${rounds}\n`)
}
await load.close()
file.close()
opened.value.release()

/** The median of a level's rounds, and of what each was more than `received` in the same round, as two cells. */
function cells(found: readonly ByLevel[], level: LocalAckLevel, of: (latency: Latency) => number) {
  const more = found.map(round => of(round[level]) - of(round.received))
  return [found.map(round => of(round[level])), more].map(values => median(values).toFixed(2))
}

const p50 = ({ p50Ms }: Latency) => p50Ms
const p98 = ({ p98Ms }: Latency) => p98Ms
const p99 = ({ p99Ms }: Latency) => p99Ms

const show = (rows: readonly (readonly string[])[]) => console.log(`${alignedTable(rows).join('\n')}\n`)

show([
  [`at ${perSecond}/s`, 'p50', 'more', 'p98', 'more', 'p99', 'more', 'most per second', "of received's"],
  ...localAckLevels.map(level => {
    const shares = rates[level].map((value, round) => value / (rates.received[round] ?? Number.NaN))
    const latency = [p50, p98, p99].flatMap(of => cells(latencies, level, of))
    return [level, ...latency, median(rates[level]).toFixed(0), median(shares).toFixed(2)]
  }),
  ['disk alone', ...[p50, p98, p99].flatMap(of => [median(disk.map(of)).toFixed(2), ''])],
])
if (recordingProblem === undefined) {
  show([
    ['recorded', 'p99', 'more', 'undisturbed', 'more'],
    ...localAckLevels.map(level => [
      level,
      ...cells(recorded, level, p99),
      ...cells(undisturbed, level, p99),
    ]),
  ])
  const share = `${((metCount / recordedCount) * 100).toFixed(1)} %`
  console.log(`set aside: ${share} of the payments, which met other work (${namesOf(spells)})`)
} else console.log(`not recorded what else the machine did: ${recordingProblem}`)
console.log('milliseconds; medians of the rounds')

/** The programs and how long each had a core in all, most first. */
function namesOf(found: readonly Spell[]): string {
  const ms = new Map<string, number>()
  for (const { name, fromMs, toMs } of found) ms.set(name, (ms.get(name) ?? 0) + toMs - fromMs)
  const most = [...ms].sort(([, a], [, b]) => b - a).slice(0, 5)
  return most.map(([name, sumMs]) => `${name} ${sumMs.toFixed(0)} ms`).join(', ')
}
