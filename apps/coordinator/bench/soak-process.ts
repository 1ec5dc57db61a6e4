/**
 * Does a coordinator with journal and archive stay as large as it is while ten times as many payments pass as its ledger holds?
 *
 * A coordinator as it ships (`node tools/build.mjs` first), with a ledger of LEDGER payments (a million: 62 MB), gets payments over its channel
 * as fast as it takes them (no payment leaves within a minute, so LEDGER a minute at most); a bare server records each at once. Prints its memory, its CPU for a payment and the size of its
 * directory at twenty moments. Then it is killed and started again: how long that takes, whether payments of every age are
 * still known, and whether an export has all of them.
 *
 * Not measured: HTTP in front, a processor's delay. Memory is what belongs to the process alone (RssAnon); tables of the archive that
 * the system keeps in its cache come on top (RssFile), and go when memory is needed.
 *
 *   npx tsx apps/coordinator/bench/soak-process.ts [PAYMENTS] [LEDGER]
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
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
const [, , first = '10000000', second = '1000000'] = process.argv
const ledgerCount = Number(second)

async function serveProcessor(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume()
    response.end('{"failing":false,"minResponseTime":0}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send?.((server.address() as AddressInfo).port)
}

interface Running {
  readonly child: ChildProcess
  readonly admin: string
  readonly channelPort: number
  readonly startMs: number
}

async function startCoordinator(directory: string, processorPort: number): Promise<Running> {
  const [channelPort = 0, adminPort = 0] = await freePorts(2)
  const origin = `http://127.0.0.1:${processorPort}`
  const beganMs = performance.now()
  const child = spawn(process.execPath, [join(root, 'dist', 'coordinator.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: '--max-old-space-size=80 --max-semi-space-size=4',
      ...{ CHANNEL_PORT: `${channelPort}`, ADMIN_PORT: `${adminPort}`, CHANNEL_SECRET: secret },
      ...{ JOURNAL_DIR: directory, PAYMENT_COUNT_MAX: `${ledgerCount}`, DRAIN_PER_SECOND_MAX: '100000' },
      DRAIN_PER_SECOND_AT_END: '100000',
      PROCESSORS: `default=${origin}@0.05@5000,fallback=${origin}@0.15@5000`,
    },
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
  return { child, admin, channelPort, startMs: performance.now() - beganMs }
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

function diskMb(directory: string): number {
  let bytes = 0
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    bytes += statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0
  return bytes / 2 ** 20
}

async function soak(paymentCount: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'soak-'))
  const processor = fork(self, ['processor'], { execArgv: process.execArgv })
  const [processorPort] = (await once(processor, 'message')) as [number]
  let running: Running | undefined
  try {
    running = await startCoordinator(directory, processorPort)
    const remembered = await pass(running, paymentCount, directory)
    const problems = await again(running, remembered, paymentCount)
    running.child.kill('SIGKILL')
    await once(running.child, 'close')
    running = await startCoordinator(directory, processorPort)
    console.log(`started again after a kill in ${(running.startMs / 1000).toFixed(2)} s`)
    problems.push(
      ...(await again(running, remembered, paymentCount)),
      ...(await exportAll(directory, paymentCount)),
    )
    if (running.startMs > 3000) problems.push('the start took more than 3 s')
    for (const problem of problems) console.log(`PROBLEM: ${problem}`)
    return problems.length === 0 ? 0 : 1
  } finally {
    running?.child.kill('SIGKILL')
    processor.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Offers all payments, and looks now and then. Answers the ids that it remembers. */
async function pass(
  running: Running,
  paymentCount: number,
  directory: string,
): Promise<readonly Uint8Array[]> {
  const node = nodeOf(running)
  const remembered: Uint8Array[] = []
  const rows: string[][] = []
  const pid = running.child.pid ?? 0
  let before = { settledCount: 0, cpuMs: usageOf(pid).cpuMs, atMs: performance.now() }
  const look = async () => {
    const { settledCount } = await countsOf(running)
    const { anonMb, fileMb, cpuMs } = usageOf(pid)
    const atMs = performance.now()
    const count = settledCount - before.settledCount
    rows.push([
      ...[settledCount.toLocaleString('en'), ((count * 1000) / (atMs - before.atMs)).toFixed(0)],
      ...[(((cpuMs - before.cpuMs) * 1000) / count).toFixed(0), anonMb.toFixed(0), fileMb.toFixed(0)],
      diskMb(directory).toFixed(0),
    ])
    before = { settledCount, cpuMs, atMs }
    console.error(rows.at(-1)?.join('  '))
  }
  const ids = new Uint8Array(16)
  for (let offeredCount = 0; offeredCount < paymentCount; ) {
    randomFillSync(ids)
    if (node.offerPayment(ids.slice(), amountCents) === undefined) {
      await sleep(2)
      continue
    }
    if (offeredCount % Math.ceil(paymentCount / rememberedCount) === 0) remembered.push(ids.slice())
    offeredCount += 1
    if (offeredCount % Math.ceil(paymentCount / lookCount) === 0) await look()
  }
  while ((await countsOf(running)).settledCount < paymentCount) await sleep(200)
  await closed(node)
  const head = ['settled', 'a second', 'CPU µs each', 'memory MB', 'files MB', 'disk MB']
  console.log(alignedTable([head, ...rows], 'rrrrrr').join('\n'))
  return remembered
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

if (first === 'processor') await serveProcessor()
else process.exit(await soak(Number(first)))
