/**
 * What each level of acknowledgement costs, against a deployment with a journal: p99 at a steady rate, the levels in turn
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
async function steadyP99Ms(): Promise<Record<Level, number>> {
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
  const [received, queued, journaled] = await Promise.all(levels.map(level => p99Of(answers[level])))
  return {
    received: received ?? Number.NaN,
    queued: queued ?? Number.NaN,
    journaled: journaled ?? Number.NaN,
  }
}

async function p99Of(answers: readonly Promise<number>[]): Promise<number> {
  const sorted = (await Promise.all(answers)).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
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

const p99s: Record<Level, number[]> = { received: [], queued: [], journaled: [] }
const rates: Record<Level, number[]> = { received: [], queued: [], journaled: [] }
await steadyP99Ms()
for (let round = 0; round < rounds; round += 1) {
  const found = await steadyP99Ms()
  for (const level of levels) p99s[level].push(found[level])
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
console.log(`level       p99 at ${perSecond}/s  more than received   most per second  of received's`)
for (const level of levels) {
  const p99Ms = median(p99s[level])
  const moreMs = median(p99s[level].map((value, round) => value - (p99s.received[round] ?? Number.NaN)))
  const share = median(rates[level].map((value, round) => value / (rates.received[round] ?? Number.NaN)))
  const cells = [`${p99Ms.toFixed(2)} ms`.padStart(13), `${moreMs.toFixed(2)} ms`.padStart(20)]
  console.log(
    `${level.padEnd(10)}${cells.join('')}${median(rates[level]).toFixed(0).padStart(18)}${share.toFixed(2).padStart(15)}`,
  )
}
