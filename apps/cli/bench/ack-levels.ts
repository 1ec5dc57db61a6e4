/**
 * What each level of acknowledgement costs, against a deployment with a journal: p50 and p99 at a steady rate, the levels in turn
 * from request to request, and the most payments a second, level by level in turn. Medians over the rounds, and differences
 * and ratios to `received` of the same round. Below them, as the floor of `journaled`, one synced write and nothing else, in a
 * directory that should be on the journal's disk.
 *
 *   docker compose -f docker-compose.yml -f docker-compose.journal.yml up --detach --wait
 *   npx tsx apps/cli/bench/ack-levels.ts [http://localhost:9999] [ROUNDS] [PER_SECOND] [DIR]
 *
 * The load is made here, so the machine's cores carry it too: compare, do not quote. Seven rounds are some 250,000 payments, and
 * the simulated processors hold 300,000: start them anew first (`docker compose -f docker-compose.processors.yml restart`).
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppendFile } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { Agent } from 'undici'
import { median } from '../src/k6/report.ts'

const [origin = 'http://localhost:9999', roundsText = '7', perSecondText = '600', directory = '.'] =
  process.argv.slice(2)
const [rounds, perSecond] = [Number(roundsText), Number(perSecondText)]
const levels = ['received', 'queued', 'journaled'] as const
type Level = (typeof levels)[number]
interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}
const [steadyMs, maximumMs, connectionCount] = [12_000, 2000, 64]
const [syncCount, syncBytes] = [600, 200]

const agent = new Agent({ connections: connectionCount, pipelining: 1 })

async function post(level: Level): Promise<number> {
  const startedMs = performance.now()
  const { statusCode, headers, body } = await agent.request({
    origin,
    path: '/payments',
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: `ack=${level}` },
    body: `{"correlationId":"${randomUUID()}","amount":19.90}`,
  })
  await body.dump()
  const reached = headers['preference-applied']
  if (statusCode !== 202 || reached !== `ack=${level}`) throw new Error(`${level}: ${statusCode}, ${reached}`)
  return performance.now() - startedMs
}

/**
 * At a fixed rate, whatever the answers do: slow answers do not slow the questions down. The levels take turns from request
 * to request, so whatever the machine does meanwhile happens to all of them.
 */
async function steady(): Promise<Record<Level, Latency>> {
  const answers: Record<Level, Promise<number>[]> = { received: [], queued: [], journaled: [] }
  const startedMs = performance.now()
  let count = 0
  while (performance.now() - startedMs < steadyMs) {
    const dueCount = Math.floor(((performance.now() - startedMs) * perSecond) / 1000)
    for (; count < dueCount; count += 1) {
      // Which comes first in a group of three changes too: they often leave together.
      const level = levels[(count + Math.floor(count / levels.length)) % levels.length] ?? 'received'
      answers[level].push(post(level))
    }
    await sleep(1)
  }
  return {
    received: latencyOf(await Promise.all(answers.received)),
    queued: latencyOf(await Promise.all(answers.queued)),
    journaled: latencyOf(await Promise.all(answers.journaled)),
  }
}

/** Synced writes, one after the other, as long as a frame with two entries. */
async function syncs(file: AppendFile): Promise<Latency> {
  const bytes = new Uint8Array(syncBytes)
  const takenMs: number[] = []
  for (let count = 0; count < syncCount; count += 1) {
    const startedMs = performance.now()
    await new Promise<void>((resolve, reject) =>
      file.append(bytes, problem => (problem === undefined ? resolve() : reject(problem))),
    )
    takenMs.push(performance.now() - startedMs)
  }
  return latencyOf(takenMs)
}

function latencyOf(takenMs: readonly number[]): Latency {
  const sorted = [...takenMs].sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}

async function mostPerSecond(level: Level): Promise<number> {
  let count = 0
  const untilMs = performance.now() + maximumMs
  const worker = async () => {
    while (performance.now() < untilMs) {
      await post(level)
      count += 1
    }
  }
  await Promise.all(Array.from({ length: connectionCount }, worker))
  return count / (maximumMs / 1000)
}

const latencies: Record<Level, Latency[]> = { received: [], queued: [], journaled: [] }
const rates: Record<Level, number[]> = { received: [], queued: [], journaled: [] }
const disk: Latency[] = []
const disposable = mkdtempSync(join(directory, 'ack-levels-'))
process.once('exit', () => rmSync(disposable, { recursive: true }))
const opened = await openDirectory(disposable)
if (!opened.ok) throw new Error(opened.error)
const file = opened.value.disk.create('synced')
await steady()
for (let round = 0; round < rounds; round += 1) {
  const found = await steady()
  for (const level of levels) latencies[level].push(found[level])
  await sleep(500)
  disk.push(await syncs(file))
  for (let turn = 0; turn < levels.length; turn += 1) {
    // Another one first each time: none always follows the same.
    const level = levels[(round + turn) % levels.length] ?? 'received'
    rates[level].push(await mostPerSecond(level))
    // What was taken has to be sent before the next level is measured.
    await sleep(4000)
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`)
}
await agent.close()
file.close()
opened.value.release()

/** The median of a level's rounds, and of what each was more than `received` in the same round. */
function figures(level: Level, of: (latency: Latency) => number): readonly [own: number, more: number] {
  const [own, received] = [latencies[level].map(of), latencies.received.map(of)]
  return [medianOf(own), medianOf(own.map((ms, round) => ms - (received[round] ?? Number.NaN)))]
}

function medianOf(values: readonly number[]): number {
  return median(values) ?? Number.NaN
}

console.log(`at ${perSecond}/s      p50   more       p99   more   most per second  of received's`)
for (const level of levels) {
  const [p50Ms, moreP50Ms] = figures(level, latency => latency.p50Ms)
  const [p99Ms, moreP99Ms] = figures(level, latency => latency.p99Ms)
  const share = medianOf(rates[level].map((value, round) => value / (rates.received[round] ?? Number.NaN)))
  const cell = (value: number, width: number, digits = 2) => value.toFixed(digits).padStart(width)
  const ms = cell(p50Ms, 8) + cell(moreP50Ms, 7) + cell(p99Ms, 10) + cell(moreP99Ms, 7)
  console.log(`${level.padEnd(10)}${ms}${cell(medianOf(rates[level]), 18, 0)}${cell(share, 15)}`)
}
const [diskP50Ms, diskP99Ms] = [
  medianOf(disk.map(({ p50Ms }) => p50Ms)),
  medianOf(disk.map(({ p99Ms }) => p99Ms)),
]
console.log(`disk alone${diskP50Ms.toFixed(2).padStart(8)}${diskP99Ms.toFixed(2).padStart(17)}`)
console.log('milliseconds; medians of the rounds')
