/**
 * Does a coordinator with journal and archive stay as large and as quick as it is while many times as many payments pass as its
 * ledger holds?
 *
 * A coordinator as it ships (`node tools/build.mjs` first) with a ledger of LEDGER payments gets PER_SECOND payments a second over
 * its channel; a bare server records each at once. No payment leaves within a minute, so a ledger of less than 70 seconds' worth
 * bounds the rate. Prints memory, CPU for a payment and disk at twenty moments, and compares the end with the time when the ledger
 * had just become full. CPU is compared as a multiple of a yardstick's: a piece of work that stays the same and is done twenty times
 * a second all along, because a machine whose cores others use makes the same work take more CPU time. Then it kills the coordinator and starts it again: how long that takes, whether payments of every age
 * are still known, and whether an export has all of them. It ends with 1 where something is not as it should be.
 *
 * Not measured: HTTP in front, a processor's delay. Memory is what belongs to the process alone (RssAnon); tables of the archive that
 * the system keeps in its cache come on top (RssFile), and go when memory is needed.
 *
 *   npx tsx apps/coordinator/bench/soak-process.ts [PAYMENTS] [LEDGER] [PER_SECOND]
 */

import uWS from 'uWebSockets.js'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { alignedTable } from '@rinha/base'
import { connectChannel } from '@rinha/channel/tcp'
import { printCorrelationId } from '@rinha/payment'
import { freePorts } from '@rinha/service'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const self = fileURLToPath(import.meta.url)
const secret = 'a-secret-of-the-bench'
const lookCount = 20
/** An id of so many is remembered, to be asked for at the end. */
const rememberedCount = 1000
const amountCents = 1990
const startMsMax = 3000
const growthMax = 1.1
const [, , first = '10000000', second = '400000', third = '5000'] = process.argv
const ledgerCount = Number(second)
const perSecond = Number(third)

function serveProcessor(): void {
  uWS
    .App()
    .any('/*', response => {
      response.end('{"failing":false,"minResponseTime":0}')
    })
    .listen('127.0.0.1', 0, socket => {
      if (socket) process.send?.(uWS.us_socket_local_port(socket))
    })
}

interface Running {
  readonly child: ChildProcess
  readonly admin: string
  readonly channelPort: number
  readonly startMs: number
  readonly startCpuMs: number
  /** What the coordinator has written about its journal. */
  readonly journalLine: string
}

async function startCoordinator(directory: string, processorPort: number): Promise<Running> {
  const [channelPort = 0, adminPort = 0] = await freePorts(2)
  const origin = `http://127.0.0.1:${processorPort}`
  const beganMs = performance.now()
  const child = spawn(process.execPath, [join(root, 'dist', 'coordinator.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: '--max-old-space-size=80 --max-semi-space-size=4',
      ...{ CHANNEL_PORT: `${channelPort}`, ADMIN_PORT: `${adminPort}`, CHANNEL_SECRET: secret },
      ...{ JOURNAL_DIR: directory, PAYMENT_COUNT_MAX: `${ledgerCount}`, DRAIN_PER_SECOND_MAX: '100000' },
      DRAIN_PER_SECOND_AT_END: '100000',
      PROCESSORS: `default=${origin}@0.05@5000,fallback=${origin}@0.15@5000`,
    },
  })
  let journalLine = ''
  createInterface(child.stdout).on('line', line => {
    if (line.includes('the journal was read')) journalLine = line
  })
  const admin = `http://127.0.0.1:${adminPort}`
  while (
    !(await fetch(`${admin}/health`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error('the coordinator has ended')
    await sleep(10)
  }
  const startMs = performance.now() - beganMs
  const startCpuMs = usageOf(child.pid ?? 0).cpuMs
  return { child, admin, channelPort, startMs, startCpuMs, journalLine }
}

const nodeOf = (running: Running) =>
  connectChannel({
    coordinators: [{ host: '127.0.0.1', port: running.channelPort }],
    ...{ secret, nodeName: 'api1', heartbeatMs: 1000 },
    ...{ bufferCountMax: 20_000, bufferAgeMsMax: 60_000, requestTimeoutMs: 2000, requestCountMax: 100 },
    ...{ reconnectMsMin: 10, reconnectMsMax: 100 },
  })

/** Resolves when the coordinator has acknowledged all. */
const closed = (node: ReturnType<typeof nodeOf>) => new Promise<void>(resolve => node.close(60_000, resolve))

type Counts = Record<'acceptedCount' | 'settledCount' | 'conflictCount', number>
const countsOf = async ({ admin }: Running) => (await (await fetch(`${admin}/queue-status`)).json()) as Counts

function usageOf(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return {
    anonMb: megabytes('RssAnon'),
    fileMb: megabytes('RssFile'),
    cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
  }
}

/** Of a directory with all that is in it; 0 where it is not there. */
function sizeMb(path: string): number {
  let bytes = 0
  for (const name of existsSync(path) ? readdirSync(path, { recursive: true, encoding: 'utf8' }) : [])
    bytes += statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0
  return bytes / 2 ** 20
}

async function soak(paymentCount: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'soak-'))
  const processor = fork(self, ['processor'], { execArgv: process.execArgv })
  const [processorPort] = (await once(processor, 'message')) as [number]
  let running: Running | undefined
  try {
    running = await startCoordinator(directory, processorPort)
    const { remembered, looks } = await pass(running, paymentCount, directory)
    const problems = [...judge(looks), ...(await again(running, remembered, paymentCount))]
    running.child.kill('SIGKILL')
    await once(running.child, 'close')
    running = await startCoordinator(directory, processorPort)
    console.log(
      `started again after a kill in ${(running.startMs / 1000).toFixed(2)} s (at most ${startMsMax / 1000} s), ${(running.startCpuMs / 1000).toFixed(2)} s of CPU: ${running.journalLine}`,
    )
    problems.push(
      ...(await again(running, remembered, paymentCount)),
      ...(await exportAll(directory, paymentCount)),
    )
    if (running.startMs > startMsMax) problems.push('the start took too long')
    for (const problem of problems) console.log(`PROBLEM: ${problem}`)
    return problems.length === 0 ? 0 : 1
  } finally {
    running?.child.kill('SIGKILL')
    processor.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

const yardstick = {
  cpuUs: 0,
  count: 0,
  cells: new Float64Array(4 * 2 ** 20),
  at: 1,
}

/** Reads all over 32 MB, and text: half a millisecond or so. */
function doYardstick(): void {
  const before = process.cpuUsage()
  let sum = 0
  for (let read = 0; read < 4000; read += 1) {
    yardstick.at = (yardstick.at * 1_664_525 + 1_013_904_223) >>> 0
    sum += yardstick.cells[yardstick.at % yardstick.cells.length] ?? 0
  }
  for (let count = 0; count < 100; count += 1)
    sum += JSON.stringify(JSON.parse(`{"correlationId":"a","amount":${count}.9,"sum":${sum}}`)).length
  const { user, system } = process.cpuUsage(before)
  yardstick.cpuUs += user + system
  yardstick.count += 1
}

interface Look {
  readonly yardstick: { readonly cpuUs: number; readonly count: number }
  readonly settledCount: number
  readonly atMs: number
  readonly cpuMs: number
  readonly anonMb: number
  readonly fileMb: number
  readonly archiveMb: number
  readonly journalMb: number
}

async function lookAt(running: Running, directory: string): Promise<Look> {
  const { settledCount } = await countsOf(running)
  const archiveMb = sizeMb(join(directory, 'archive'))
  const usage = usageOf(running.child.pid ?? 0)
  return {
    settledCount,
    ...usage,
    yardstick: { cpuUs: yardstick.cpuUs, count: yardstick.count },
    archiveMb,
    journalMb: sizeMb(directory) - archiveMb,
    atMs: performance.now(),
  }
}

/** Offers all payments, and looks now and then. Answers the ids that it remembers. */
async function pass(running: Running, paymentCount: number, directory: string) {
  const node = nodeOf(running)
  const remembered: Uint8Array[] = []
  const looks = [await lookAt(running, directory)]
  const look = async () => {
    looks.push(await lookAt(running, directory))
    console.error(rowOf(looks, looks.length - 1).join('  '))
  }
  const id = new Uint8Array(16)
  const beganMs = performance.now()
  const measuring = setInterval(doYardstick, 50)
  for (let offeredCount = 0; offeredCount < paymentCount; ) {
    const isDue = offeredCount < ((performance.now() - beganMs) * perSecond) / 1000
    if (!isDue || node.offerPayment(randomFillSync(id).slice(), amountCents) === undefined) {
      await sleep(2)
      continue
    }
    if (offeredCount % Math.ceil(paymentCount / rememberedCount) === 0) remembered.push(id.slice())
    offeredCount += 1
    if (offeredCount % Math.ceil(paymentCount / lookCount) === 0) await look()
  }
  while ((await countsOf(running)).settledCount < paymentCount) await sleep(200)
  await look()
  clearInterval(measuring)
  await closed(node)
  const head = [
    'settled',
    'a second',
    'CPU µs each',
    'yardstick µs',
    '×',
    'memory MB',
    'files MB',
    'archive MB',
    'journal MB',
  ]
  const rows = looks.slice(1).map((_, index) => rowOf(looks, index + 1))
  console.log(alignedTable([head, ...rows], 'rrrrrrrrr').join('\n'))
  return { remembered, looks }
}

function rowOf(looks: readonly Look[], index: number): string[] {
  const [before, look] = [looks[index - 1], looks[index]]
  if (before === undefined || look === undefined) return []
  const count = look.settledCount - before.settledCount
  return [
    look.settledCount.toLocaleString('en'),
    ((count * 1000) / (look.atMs - before.atMs)).toFixed(0),
    cpuMicros(before, look).toFixed(0),
    yardstickMicros(before, look).toFixed(0),
    (cpuMicros(before, look) / yardstickMicros(before, look)).toFixed(2),
    ...[look.anonMb, look.fileMb, look.archiveMb, look.journalMb].map(mb => mb.toFixed(0)),
  ]
}

/** For each payment between two looks. */
function cpuMicros(from: Look, to: Look): number {
  return ((to.cpuMs - from.cpuMs) * 1000) / (to.settledCount - from.settledCount)
}

function yardstickMicros(from: Look, to: Look): number {
  return (to.yardstick.cpuUs - from.yardstick.cpuUs) / (to.yardstick.count - from.yardstick.count)
}

/** Compares the first third of the time with a full ledger with the last. */
function judge(looks: readonly Look[]): string[] {
  const full = looks.filter(({ archiveMb }) => archiveMb > 1)
  const third = Math.floor(full.length / 3)
  const [start, early, late, end] = [full[0], full[third], full[full.length - 1 - third], full.at(-1)]
  if (third === 0 || !start || !early || !late || !end) return ['too few payments have left to compare']
  const memoryMb = (part: readonly Look[]) => Math.max(...part.map(({ anonMb }) => anonMb))
  const [cpuBefore, cpu] = [cpuMicros(start, early), cpuMicros(late, end)]
  const [yardBefore, yard] = [yardstickMicros(start, early), yardstickMicros(late, end)]
  const growth = cpu / yard / (cpuBefore / yardBefore)
  const [memoryBefore, memory] = [memoryMb(full.slice(0, -third)), memoryMb(full.slice(-third))]
  const journal = Math.max(...looks.map(({ journalMb }) => journalMb))
  const archiveBytes = (end.archiveMb * 2 ** 20) / end.settledCount
  const times = (ratio: number) => `${ratio.toFixed(2)} × (at most ${growthMax} ×)`
  console.log(
    `CPU for a payment: ${cpuBefore.toFixed(0)} µs when the ledger had become full, ${cpu.toFixed(0)} µs at the end; the yardstick: ${yardBefore.toFixed(0)} and ${yard.toFixed(0)} µs; by the yardstick ${times(growth)}`,
  )
  console.log(
    `memory: at most ${memoryBefore.toFixed(0)} MB before the last third, ${memory.toFixed(0)} MB in it, ${times(memory / memoryBefore)}`,
  )
  console.log(
    `disk: ${archiveBytes.toFixed(0)} bytes in the archive for a payment, journal at most ${journal.toFixed(0)} MB`,
  )
  return [
    ...(growth > growthMax ? ['a payment has become dearer'] : []),
    ...(memory > growthMax * memoryBefore ? ['memory has grown'] : []),
  ]
}

/** Posts remembered payments again, and asks for them. Nothing changes, and each is known. */
async function again(running: Running, ids: readonly Uint8Array[], paymentCount: number): Promise<string[]> {
  const node = nodeOf(running)
  for (const id of ids) while (node.offerPayment(id, amountCents) === undefined) await sleep(5)
  await closed(node)
  const { acceptedCount, settledCount, conflictCount } = await countsOf(running)
  const problems: string[] = []
  if (acceptedCount !== paymentCount || settledCount !== paymentCount || conflictCount > 0)
    problems.push(
      `after a second post ${acceptedCount} are accepted, ${settledCount} settled, ${conflictCount} in conflict`,
    )
  let unknownCount = 0
  for (const id of ids) {
    const answer = await fetch(`${running.admin}/payments/${printCorrelationId(id)}`)
    if (!answer.ok || ((await answer.json()) as { state: string }).state !== 'settled') unknownCount += 1
  }
  if (unknownCount > 0) problems.push(`${unknownCount} of ${ids.length} payments are not known`)
  return problems
}

async function exportAll(directory: string, paymentCount: number): Promise<readonly string[]> {
  const beganMs = performance.now()
  const args = [join(root, 'dist', 'cli.mjs'), 'ledger', 'export', '--dir', directory]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let [lineCount, residentMb] = [-1, 0]
  child.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lineCount += 1
    residentMb = Math.max(residentMb, usageOf(child.pid ?? 0).anonMb)
  })
  const [code] = (await once(child, 'close')) as [number]
  const tookMs = performance.now() - beganMs
  console.log(
    `exported ${lineCount} payments in ${(tookMs / 1000).toFixed(0)} s with at most ${residentMb.toFixed(0)} MB`,
  )
  return code === 0 && lineCount === paymentCount
    ? []
    : [`the export ended with ${code}, with ${lineCount} payments`]
}

if (first === 'processor') serveProcessor()
else process.exit(await soak(Number(first)))
