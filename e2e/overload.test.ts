import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { until } from '../packages/testing/src/index.ts'
import { BareCluster } from './testing/bare-cluster.ts'
import { configure } from './testing/steady-load.ts'

let cluster: BareCluster | undefined
afterEach(() => cluster?.kill())

interface Queue {
  readonly predictedWaitMs: number
  readonly retryAfterSeconds: number
}

interface Refused {
  readonly id: string
  readonly waitSeconds: number
}

test('when the queue is too long, new payments are answered 503 with the wait, known ones as before, and all accepted ones settle', async () => {
  cluster = await BareCluster.start({
    IN_FLIGHT_COUNT_INITIAL: '10',
    IN_FLIGHT_COUNT_MAX: '10',
    QUEUE_WAIT_MS_MAX: '1000',
    POLICY: 'always-cheapest',
  })
  const running = cluster
  const queue = () => running.get<Queue>(`http://localhost:${running.ports.adminPort}/queue-status`)
  const accepted: string[] = []
  const refused: Refused[] = []
  const post = async () => {
    const id = randomUUID()
    const { status, headers } = await running.post(id, 19.9)
    expect([202, 503]).toContain(status)
    if (status === 202) accepted.push(id)
    else refused.push({ id, waitSeconds: Number(headers.get('retry-after')) })
    return status
  }
  const postMany = () => Promise.all(Array.from({ length: 100 }, post))

  // Ten attempts at once take 100 ms each. So at most a hundred payments settle a second, and these wait for some seconds.
  await configure(running.ports.defaultPort, 'delay', { delay: 100 })
  await until(async () => {
    await postMany()
    return refused.length > 0
  }, 'a new payment is refused')
  const [first] = refused
  expect(first?.waitSeconds).toBeGreaterThan(1)

  // Once payments have settled for a while their rate is known, and the wait changes slowly. The queue drains between the status and
  // the answer, and a node was told a moment ago: a second is allowed.
  const steadyAtMs = performance.now() + 2000
  while (performance.now() < steadyAtMs) await postMany()
  const told = await until(async () => {
    await postMany()
    const { retryAfterSeconds: before } = await queue()
    const status = await post()
    const { retryAfterSeconds: after } = await queue()
    const answered = refused.at(-1)?.waitSeconds ?? 0
    return status === 503 && before > 0 && after > 0 && { before, answered, after }
  }, 'a payment is refused while the queue is too long')
  expect(told.answered).toBeGreaterThanOrEqual(Math.min(told.before, told.after) - 1)
  expect(told.answered).toBeLessThanOrEqual(Math.max(told.before, told.after) + 1)

  // A known payment is accepted again, another amount for its id is not answered 503, and a refused payment is not known.
  const [known = ''] = accepted
  expect((await running.post(known, 19.9)).status).toBe(202)
  expect((await running.post(known, 5)).status).not.toBe(503)
  expect((await fetch(running.nodeUrl(`/payments/${first?.id}`))).status).toBe(404)

  await until(async () => (await post()) === 202, 'new payments are accepted again', 20_000)
  await running.settled(accepted, 20_000)
  expect((await running.books('default')).totalRequests).toBe(accepted.length)
  await until(async () => (await queue()).predictedWaitMs === 0, 'the queue is short again')
  expect((await queue()).retryAfterSeconds).toBe(0)
})
