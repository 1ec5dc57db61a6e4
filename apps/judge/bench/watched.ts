/**
 * What do payers feel of those who watch and steer? Blocks of three seconds at a steady rate, in turn: alone; watched, by a page
 * (`/events`) and by a scrape of `/metrics` each second; and, with an operator's token, steered: pause, drain and
 * resume, a setting changed and changed back, a list, a resubmission, each once a block. Prints medians of the blocks' p50 and p99, and
 * the medians of their ratios to the block alone of the same round. It ends with an error where a payment is lost.
 *
 *   ADMIN_TOKEN=… npx tsx apps/judge/bench/watched.ts [http://localhost:9999] [http://localhost:9090] [ROUNDS] [PER_SECOND]
 *
 * Those who watch and steer sit elsewhere as a rule. So they are another process here, which gives way to all others. Nobody else may post
 * meanwhile. The load is made on the same cores, so compare its figures and do not quote them. Requests to localhost
 * pass through a proxy of Docker's; requests to the machine's own address avoid it.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { alignedTable } from '@rinha/base'
import { median } from '../src/k6/report.ts'
import { percentile } from '../src/score/percentile.ts'
import { AckLoad } from './ack-load.ts'

type Beside = 'watched' | 'steered'

const [blockMs, restMs, scrapeMs] = [3000, 300, 1000]
const token = process.env.ADMIN_TOKEN
const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
const [first = 'http://localhost:9999', admin = 'http://localhost:9090', roundsText, perSecondText] =
  process.argv.slice(2)

if (first === 'beside') besideOthers()
else await measure(first, Number(roundsText ?? 15), Number(perSecondText ?? 600))

/** The other process: told what to do, and then to stop, and says when it has. Linux shares cores among sessions first: this is one. */
function besideOthers(): void {
  setPriority(constants.priority.PRIORITY_LOW)
  if (existsSync('/proc/self/autogroup'))
    writeFileSync('/proc/self/autogroup', `${constants.priority.PRIORITY_LOW}`)
  let stop = new AbortController()
  process.on('message', async (what: Beside | 'stop') => {
    if (what === 'stop') return stop.abort()
    stop = new AbortController()
    await (what === 'watched' ? watch(stop.signal) : steer())
    process.send?.('over')
  })
}

async function ask(method: string, path: string, json?: unknown, more: Record<string, string> = {}) {
  const response = await fetch(`${admin}${path}`, {
    method,
    headers: { ...headers, ...more, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${text}`)
  return { etag: response.headers.get('etag') ?? '', text }
}

/** A page and Prometheus, until it is called off. */
async function watch(signal: AbortSignal): Promise<void> {
  const events = await fetch(`${admin}/events`, { headers, signal })
  const scrapes = (async () => {
    while (!signal.aborted) {
      await ask('GET', '/metrics')
      await sleep(scrapeMs, undefined, { signal })
    }
  })()
  const reading = (async () => {
    for await (const _ of events.body ?? []);
  })()
  await Promise.all([scrapes, reading]).catch(error => {
    if (!signal.aborted) throw error
  })
}

async function steer(): Promise<void> {
  const change = async (value: number | null) => {
    const { etag } = await ask('GET', '/settings')
    await ask('PATCH', '/settings', { GRACE_MS: value }, { 'if-match': etag })
  }
  const actions = [
    () => ask('POST', '/pause', {}),
    () => ask('POST', '/resume', {}),
    () => ask('POST', '/drain', { processor: 'fallback' }),
    () => ask('POST', '/resume', { processor: 'fallback' }),
    () => change(1000),
    () => change(null),
    () => ask('GET', '/payments?state=settled&limit=100'),
    () => ask('POST', '/rejected/resubmit', { all: true }),
  ]
  for (const action of actions) {
    await action()
    await sleep(blockMs / (actions.length + 2))
  }
}

interface Block {
  readonly p50Ms: number
  readonly p99Ms: number
}

async function measure(origin: string, rounds: number, perSecond: number): Promise<void> {
  const load = await AckLoad.open(origin)
  const others = fork(fileURLToPath(import.meta.url), ['beside', admin], { detached: true })
  others.once('exit', code => {
    if (code) process.exit(code)
  })

  async function block(what?: Beside): Promise<Block> {
    if (what !== undefined) others.send(what)
    const posted = await load.steady(perSecond, ['received'], blockMs)
    if (what !== undefined) {
      const isOver = once(others, 'message')
      others.send('stop')
      await isOver
    }
    await load.settled()
    await sleep(restMs)
    const tookMs = posted.map(payment => payment.tookMs)
    return { p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99) }
  }

  const kinds = [
    { name: 'alone', what: undefined, blocks: [] as Block[] },
    { name: 'watched', what: 'watched' as const, blocks: [] as Block[] },
    ...(token === undefined ? [] : [{ name: 'steered', what: 'steered' as const, blocks: [] as Block[] }]),
  ]
  await block()
  for (let round = 0; round < rounds; round += 1)
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) kind.blocks.push(await block(kind.what))
  others.disconnect()
  await load.close()

  const alone = kinds[0]?.blocks ?? []
  const ratio = (blocks: readonly Block[], of: (block: Block) => number) =>
    median(blocks.map((each, round) => of(each) / of(alone[round] ?? each)))
  const figures = (blocks: readonly Block[], of: (block: Block) => number) => [
    median(blocks.map(of)).toFixed(2),
    ratio(blocks, of).toFixed(3),
  ]
  console.log(`${rounds} rounds of ${blockMs / 1000} s at ${perSecond}/s, nothing lost`)
  console.log(
    alignedTable([
      ['', 'p50 ms', 'ratio', 'p99 ms', 'ratio'],
      ...kinds.map(({ name, blocks }) => [
        name,
        ...figures(blocks, ({ p50Ms }) => p50Ms),
        ...figures(blocks, ({ p99Ms }) => p99Ms),
      ]),
    ]).join('\n'),
  )
}
