import { setTimeout as sleep } from 'node:timers/promises'
import { HttpClient } from '../http-client.ts'

/** The answer of the backend or a processor about one payment, after the run. */
export interface PaymentView {
  /** As the backend has it; `found` at a processor; `unknown` where nothing could be learned. */
  readonly state: string
  readonly processor?: string
  readonly requestedAtMs?: number
}

const connectionCountMax = 16
const timeoutMs = 5000
const retryMs = 200
/** For all of one call. A backend need not know of payments, or be quick. */
const allMsMax = 20_000

/**
 * Asks for payments one by one, a few at a time, so that a deployment with little CPU answers all of them. What is not
 * answered in time is unknown.
 */
export async function lookUp(origin: string, ids: readonly string[]): Promise<readonly PaymentView[]> {
  const client = new HttpClient(origin, { timeoutMs, connectionCountMax })
  const views: PaymentView[] = []
  const untilMs = performance.now() + allMsMax
  let next = 0
  const work = async () => {
    while (next < ids.length) {
      const index = next
      next += 1
      views[index] =
        performance.now() < untilMs ? await lookUpOne(client, ids[index] ?? '') : { state: 'unknown' }
    }
  }
  await Promise.all(Array.from({ length: connectionCountMax }, work))
  await client.close()
  return views
}

/** Tries once more if it was busy. */
async function lookUpOne(client: HttpClient, id: string): Promise<PaymentView> {
  const view = await ask(client, id)
  if (view.state !== 'unknown') return view
  await sleep(retryMs)
  return ask(client, id)
}

async function ask(client: HttpClient, id: string): Promise<PaymentView> {
  const answer = await client.send({ method: 'GET', path: `/payments/${id}` })
  if (answer.kind === 'none') return { state: 'unknown' }
  if (answer.status === 404) return { state: 'missing' }
  if (answer.status !== 200) return { state: 'unknown' }
  try {
    const { state = 'found', processor, requestedAt } = JSON.parse(answer.body)
    return {
      state: String(state),
      ...(typeof processor === 'string' && { processor }),
      ...(typeof requestedAt === 'string' && { requestedAtMs: instantOf(requestedAt) }),
    }
  } catch {
    return { state: 'unknown' }
  }
}

/** A processor leaves the zone out: it is UTC. */
function instantOf(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
}
