import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterProblem } from '@rinha/local-cluster'
import { centsOfDecimal, parseInstantMs } from '@rinha/payment'
import { readBackendSummary, readProcessorSummary } from '../score/targets.ts'
import type { PostedPayment } from './clients.ts'
import type { Fleet } from './fleet.ts'
import type { ChaosAnswer, HttpClient } from './http-client.ts'
import { processorToken } from './layout.ts'
import { type ProcessorName, processorNames } from './plan.ts'
import type { Case, ClusterWord, Evidence, Recorded } from './verdict.ts'

/** Payments asked for at the same time; each is asked for at three places. */
const concurrency = 16
const triesMax = 30
/** Between two tries: a channel that was lost for a moment is back by then. */
const triesPauseMs = 200

/** Asks both processors and the cluster for every payment, and all three for their sums. Ends early where it is over. */
export async function collect(
  fleet: Fleet,
  payments: readonly PostedPayment[],
  onDone: (count: number) => void,
  isOver: () => boolean,
): Promise<Omit<Evidence, 'deaths'>> {
  const cases: Case[] = []
  let next = 0
  const worker = async () => {
    for (let payment = payments[next]; payment !== undefined && !isOver(); payment = payments[next]) {
      const node = fleet.nodes[next % fleet.nodes.length]
      next += 1
      cases.push(await caseOf(fleet, node, payment))
      onDone(cases.length)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return { cases, totals: await totalsOf(fleet) }
}

async function caseOf(fleet: Fleet, node: HttpClient | undefined, payment: PostedPayment): Promise<Case> {
  const [onDefault, onFallback, cluster] = await Promise.all([
    recordAt(fleet.processors.default, payment.id),
    recordAt(fleet.processors.fallback, payment.id),
    node === undefined ? ({ state: 'none' } as const) : wordOf(node, payment.id),
  ])
  return { ...payment, recorded: { default: onDefault, fallback: onFallback }, cluster }
}

async function recordAt(processor: HttpClient, id: string): Promise<Recorded | undefined> {
  const answer = await answered(processor, `/payments/${id}`)
  if (answer?.status === 404) return undefined
  const record = answer?.status === 200 ? readRecord(JSON.parse(answer.body)) : undefined
  if (record === undefined)
    throw new ClusterProblem(`a processor could not be asked for ${id}: ${JSON.stringify(answer)}`)
  return record
}

async function wordOf(node: HttpClient, id: string): Promise<ClusterWord> {
  const answer = await answered(node, `/payments/${id}`)
  if (answer?.status === 404) return { state: 'absent' }
  return answer?.status === 200 ? readClusterWord(JSON.parse(answer.body)) : { state: 'none' }
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

async function totalsOf(fleet: Fleet): Promise<Evidence['totals']> {
  const [node] = fleet.nodes
  const cluster = node && readBackendSummary(await answeredOrNone(node, '/payments-summary'))
  if (cluster?.kind !== 'read') throw new ClusterProblem(`the cluster has no summary: ${cluster?.reason}`)
  const totalOf = async (name: ProcessorName) => {
    const answer = await answeredOrNone(fleet.processors[name], '/admin/payments-summary')
    const processor = readProcessorSummary(answer)
    if (processor.kind !== 'read')
      throw new ClusterProblem(`the ${name} processor has no summary: ${processor.reason}`)
    return { processor: processor.value, cluster: cluster.value[name] }
  }
  const [onDefault, onFallback] = await Promise.all(processorNames.map(totalOf))
  if (onDefault === undefined || onFallback === undefined)
    throw new ClusterProblem('a processor has no summary')
  return { default: onDefault, fallback: onFallback }
}

type Answered = Extract<ChaosAnswer, { kind: 'answer' }>

/** Asks again where nothing came back, or a 503. */
async function answered(client: HttpClient, path: string): Promise<Answered | undefined> {
  const answer = await answeredOrNone(client, path)
  return answer.kind === 'answer' ? answer : undefined
}

async function answeredOrNone(client: HttpClient, path: string): Promise<ChaosAnswer> {
  const request = { method: 'GET', path, headers: { 'x-rinha-token': processorToken } } as const
  let answer = await client.send(request)
  for (let tries = 1; tries < triesMax && !(answer.kind === 'answer' && answer.status < 500); tries += 1) {
    await sleep(triesPauseMs)
    answer = await client.send(request)
  }
  return answer
}
