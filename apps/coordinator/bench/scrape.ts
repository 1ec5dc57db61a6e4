/**
 * What does a scrape of /metrics cost a coordinator in which payments wait?
 *
 * A coordinator as it ships, with a channel and an admin port, gets a few payments recorded. Then its processors are gone, and
 * the payments that it takes stay queued. Another process then asks it, in turn: for nothing, for an empty answer of a bare server in the same
 * process (what HTTP alone costs), and for /metrics. Prints how long each took from the request's head to the answer's end
 * in the coordinator's process, what CPU that process used for each (with what it does anyway), and the delay of its event
 * loop meanwhile.
 *
 * Not measured: Prometheus, a network, what payments that come meanwhile feel.
 *
 *   npx tsx apps/coordinator/bench/scrape.ts [PAYMENTS] [ROUNDS]
 */
import { fork } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connectChannel } from '@rinha/channel/tcp'
import type { Logger } from '@rinha/service'
import { parseSettings } from '@rinha/settings'
import { startCoordinator } from '../src/coordinator.ts'
import { coordinatorSchema } from '../src/settings.ts'

const requestCount = 100
const everyMs = 20

const [first = '100000', second = '5'] = process.argv.slice(2)
if (first === 'ask') await ask(second)
else await measure(Number(first), Number(second))

/** The other process. */
async function ask(url: string): Promise<void> {
  for (let asked = 0; asked < requestCount; asked += 1) {
    const response = await fetch(url)
    await response.text()
    if (!response.ok) throw new Error(`${url} answers ${response.status}`)
    await sleep(everyMs)
  }
}

async function measure(paymentCount: number, roundCount: number): Promise<void> {
  const admin = await startFull(paymentCount)
  const bare = createServer((_, response) => response.end()).listen(0, '127.0.0.1')
  await once(bare, 'listening')
  const phases = [
    { name: 'nothing', url: '' },
    { name: 'empty answer', url: `http://127.0.0.1:${(bare.address() as AddressInfo).port}/` },
    { name: '/metrics', url: `${admin}/metrics` },
  ].map(phase => ({ ...phase, tooksMs: [] as number[], delaysMs: [] as number[], cpusMs: [] as number[] }))
  const tooksMs = handlerTimes()
  for (let round = 0; round < roundCount; round += 1)
    for (const phase of phases) {
      const delay = monitorEventLoopDelay({ resolution: 1 })
      const before = process.cpuUsage()
      delay.enable()
      if (phase.url === '') await sleep(requestCount * everyMs)
      else await once(fork(fileURLToPath(import.meta.url), ['ask', phase.url]), 'close')
      delay.disable()
      const { user, system } = process.cpuUsage(before)
      phase.cpusMs.push((user + system) / 1000 / requestCount)
      phase.tooksMs.push(...tooksMs.splice(0))
      phase.delaysMs.push(delay.percentile(99) / 1e6)
    }
  const { queuedCount } = await queueStatus(admin)
  console.log(
    `${queuedCount} payments queued; ${roundCount} rounds of ${requestCount} requests, one every ${everyMs} ms`,
  )
  for (const { name, tooksMs, delaysMs, cpusMs } of phases) {
    const took =
      name === 'nothing'
        ? ''
        : `quickest tenth ${at(tooksMs, 0.1)} ms, median ${at(tooksMs, 0.5)} ms, p99 ${at(tooksMs, 0.99)} ms; `
    const rest = `CPU ${at(cpusMs, 0.5)} ms, event loop p99 ${at(delaysMs, 0.5)} ms (medians of the rounds)`
    console.log(`${name.padEnd(14)}${took}${rest}`)
  }
  const more = (of: (phase: (typeof phases)[number]) => readonly number[]) => {
    const [, empty = [], scrape = []] = phases.map(of)
    return (Number(at(scrape, 0.5)) - Number(at(empty, 0.5))).toFixed(2)
  }
  console.log(
    `A scrape costs ${more(({ cpusMs }) => cpusMs)} ms of CPU more than an empty answer, and takes ${more(({ tooksMs }) => tooksMs)} ms longer.`,
  )
  process.exit()
}

/** Answers its admin port's origin, once all are queued. */
async function startFull(paymentCount: number): Promise<string> {
  const processor = createServer((_, response) => response.end('{"failing":false,"minResponseTime":0}'))
  await once(processor.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(processor.address() as AddressInfo).port}`
  const secret = 'a-secret-of-the-bench'
  const settings = parseSettings(coordinatorSchema, {
    ...{ CHANNEL_PORT: '0', ADMIN_PORT: '0', CHANNEL_SECRET: secret, PAYMENT_COUNT_MAX: '1000000' },
    PROCESSORS: `default=${origin}@0.05@5000,fallback=${origin}@0.15@5000`,
  })
  if (!settings.ok) throw new Error(settings.error.join('\n'))
  const silent = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} } as unknown as Logger
  const { adminPort, channelPort } = await startCoordinator(settings.value, silent)
  const admin = `http://127.0.0.1:${adminPort}`
  const node = connectChannel({
    coordinators: [{ host: '127.0.0.1', port: channelPort }],
    ...{ secret, nodeName: 'api1', heartbeatMs: 1000 },
    ...{ bufferCountMax: 20_000, bufferAgeMsMax: 60_000, requestTimeoutMs: 2000, requestCountMax: 100 },
    ...{ reconnectMsMin: 10, reconnectMsMax: 100 },
  })
  const offer = async (count: number) => {
    for (let offeredCount = 0; offeredCount < count; ) {
      if (node.offerPayment(randomFillSync(new Uint8Array(16)), 1990) !== undefined) offeredCount += 1
      else await sleep(5)
    }
  }
  await offer(10)
  while ((await queueStatus(admin)).settledCount < 10) await sleep(100)
  processor.close()
  processor.closeAllConnections()
  await offer(paymentCount)
  while ((await queueStatus(admin)).acceptedCount < paymentCount) await sleep(100)
  return admin
}

type Counts = Record<'acceptedCount' | 'queuedCount' | 'settledCount', number>

async function queueStatus(admin: string): Promise<Counts> {
  return (await (await fetch(`${admin}/queue-status`)).json()) as Counts
}

/** Grows by how long each request of this process' servers took. */
function handlerTimes(): number[] {
  const tooksMs: number[] = []
  const begunMs = new WeakMap<object, number>()
  const requestOf = (message: unknown) => (message as { request: IncomingMessage }).request
  subscribe('http.server.request.start', message => begunMs.set(requestOf(message), performance.now()))
  subscribe('http.server.response.finish', message =>
    tooksMs.push(performance.now() - (begunMs.get(requestOf(message)) ?? Number.NaN)),
  )
  return tooksMs
}

function at(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(2)
}
