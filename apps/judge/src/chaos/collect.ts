import { setTimeout as sleep } from 'node:timers/promises'
import { centsOfDecimal, parseInstantMs } from '@rinha/payment'
import { StartProblem } from '@rinha/service'
import type { HttpAnswer, HttpClient } from '../http-client.ts'
import { readBackendSummary, readProcessorSummary } from '../score/targets.ts'
import type { PostedPayment } from './clients.ts'
import type { Fleet } from './fleet.ts'
import type { ProcessorName } from './plan.ts'
import type { Case, ClusterWord, Evidence, Recorded } from './verdict.ts'

/** Payments asked for at the same time; each is asked for at three places. */
const concurrency = 16
const triesMax = 30
/** The pause between two tries. A channel that was lost for a moment is back by then. */
const triesPauseMs = 200

/** The processes that are asked. */
export type Books = Pick<Fleet, 'nodes' | 'processors'>

/** Asks both processors and the cluster for every payment, and all three for their sums. Ends early where it is over. */
export async function collect(
  books: Books,
  payments: readonly PostedPayment[],
  onDone: (count: number) => void,
  isOver: () => boolean,
): Promise<Omit<Evidence, 'deaths' | 'hasJournal'>> {
  const cases: Case[] = []
  let next = 0
  const worker = async () => {
    for (let payment = payments[next]; payment !== undefined && !isOver(); payment = payments[next]) {
      const node = books.nodes[next % books.nodes.length]
      next += 1
      cases.push(await caseOf(books, node, payment))
      onDone(cases.length)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return { cases, totals: await totalsOf(books) }
}

async function caseOf({ processors }: Books, node: HttpClient | undefined, payment: PostedPayment) {
  const [onDefault, onFallback, cluster] = await Promise.all([
    recordAt(processors.default, payment.id),
    recordAt(processors.fallback, payment.id),
    node === undefined ? ({ state: 'none' } as const) : wordOf(node, payment.id),
  ])
  return { ...payment, recorded: { default: onDefault, fallback: onFallback }, cluster }
}

async function recordAt(processor: HttpClient, id: string): Promise<Recorded | undefined> {
  const answer = await answerOf(processor, `/payments/${id}`)
  if (statusOf(answer) === 404) return undefined
  const record = readRecord(jsonOf(answer))
  if (record === undefined)
    throw new StartProblem(`a processor could not be asked for ${id}: ${JSON.stringify(answer)}`)
  return record
}

async function wordOf(node: HttpClient, id: string): Promise<ClusterWord> {
  const answer = await answerOf(node, `/payments/${id}`)
  return statusOf(answer) === 404 ? { state: 'absent' } : readClusterWord(jsonOf(answer))
}

/** What an API node says of a payment; `none` for what cannot be read. */
export function readClusterWord(json: unknown): ClusterWord {
  const { state, processor } = (json ?? {}) as { state?: unknown; processor?: unknown }
  switch (state) {
    case 'accepted':
    case 'queued':
    case 'inFlight':
    case 'rejected':
      return { state }
    case 'settled': {
      const record = readRecord(json)
      return record === undefined || typeof processor !== 'string'
        ? { state: 'none' }
        : { state, processor, ...record }
    }
    default:
      return { state: 'none' }
  }
}

/** Amount and requestedAt as processors and API nodes print them, or undefined where they are not there. */
export function readRecord(json: unknown): Recorded | undefined {
  const { amount, requestedAt } = (json ?? {}) as { amount?: unknown; requestedAt?: unknown }
  if (typeof amount !== 'number' || typeof requestedAt !== 'string') return undefined
  const amountCents = centsOfDecimal(amount)
  const requestedAtMs = parseInstantMs(requestedAt, 'down')
  return amountCents === undefined || requestedAtMs === undefined ? undefined : { amountCents, requestedAtMs }
}

async function totalsOf({ nodes, processors }: Books): Promise<Evidence['totals']> {
  const [node] = nodes
  const cluster = node && readBackendSummary(await answerOf(node, '/payments-summary'))
  if (cluster?.kind !== 'read') throw new StartProblem(`the cluster has no summary: ${cluster?.reason}`)
  const totalOf = async (name: ProcessorName) => {
    const processor = readProcessorSummary(await answerOf(processors[name], '/admin/payments-summary'))
    if (processor.kind !== 'read')
      throw new StartProblem(`the ${name} processor has no summary: ${processor.reason}`)
    return { processor: processor.value, cluster: cluster.value[name] }
  }
  return { default: await totalOf('default'), fallback: await totalOf('fallback') }
}

/** Asks again where nothing came back, or a 503. */
async function answerOf(client: HttpClient, path: string): Promise<HttpAnswer> {
  let answer = await client.send({ method: 'GET', path })
  for (let tries = 1; tries < triesMax && !((statusOf(answer) ?? 500) < 500); tries += 1) {
    await sleep(triesPauseMs)
    answer = await client.send({ method: 'GET', path })
  }
  return answer
}

function statusOf(answer: HttpAnswer): number | undefined {
  return answer.kind === 'answer' ? answer.status : undefined
}

/** Undefined for any other answer than 200. */
export function jsonOf(answer: HttpAnswer): unknown {
  return answer.kind === 'answer' && answer.status === 200 ? JSON.parse(answer.body) : undefined
}
