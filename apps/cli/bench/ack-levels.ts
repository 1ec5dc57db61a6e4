/**
 * What each level of acknowledgement costs, against a deployment with a journal: p50 and p99 at a steady rate, the levels in turn
 * from request to request, and the most payments a second, level by level in turn. Medians over the rounds, and differences
 * and ratios to `received` of the same round.
 *
 *   docker compose -f docker-compose.yml -f docker-compose.journal.yml up --detach --wait
 *   npx tsx apps/cli/bench/ack-levels.ts [http://localhost:9999] [ROUNDS] [PER_SECOND]
 *
 * The load is made here, so the machine's cores carry it too: compare, do not quote.
 */
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'

const [origin = 'http://localhost:9999', roundsText = '7', perSecondText = '600'] = process.argv.slice(2)
const [rounds, perSecond] = [Number(roundsText), Number(perSecondText)]
const levels = ['received', 'queued', 'journaled'] as const
type Level = (typeof levels)[number]
interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}
const [steadyMs, maximumMs, connectionCount] = [12_000, 2000, 64]

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
    received: await latencyOf(answers.received),
    queued: await latencyOf(answers.queued),
    journaled: await latencyOf(answers.journaled),
  }
}

async function latencyOf(answers: readonly Promise<number>[]): Promise<Latency> {
  const sorted = (await Promise.all(answers)).sort((a, b) => a - b)
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

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const latencies: Record<Level, Latency[]> = { received: [], queued: [], journaled: [] }
const rates: Record<Level, number[]> = { received: [], queued: [], journaled: [] }
await steady()
for (let round = 0; round < rounds; round += 1) {
  const found = await steady()
  for (const level of levels) latencies[level].push(found[level])
  await sleep(500)
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
const more = (level: Level, of: (latency: Latency) => number) =>
  median(
    latencies[level].map((latency, round) => {
      const received = latencies.received[round]
      return received === undefined ? Number.NaN : of(latency) - of(received)
    }),
  )
console.log(`at ${perSecond}/s      p50   more       p99   more   most per second  of received's`)
for (const level of levels) {
  const share = median(rates[level].map((value, round) => value / (rates.received[round] ?? Number.NaN)))
  const cells = [
    level.padEnd(10),
    median(latencies[level].map(({ p50Ms }) => p50Ms))
      .toFixed(2)
      .padStart(8),
    more(level, ({ p50Ms }) => p50Ms)
      .toFixed(2)
      .padStart(7),
    median(latencies[level].map(({ p99Ms }) => p99Ms))
      .toFixed(2)
      .padStart(10),
    more(level, ({ p99Ms }) => p99Ms)
      .toFixed(2)
      .padStart(7),
    median(rates[level]).toFixed(0).padStart(18),
    share.toFixed(2).padStart(15),
  ]
  console.log(cells.join(''))
}
console.log('milliseconds; medians of the rounds')
