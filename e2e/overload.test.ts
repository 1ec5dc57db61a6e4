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

interface Refused extends Pick<Queue, 'predictedWaitMs'> {
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
    else {
      const { predictedWaitMs } = await queue()
      refused.push({ id, waitSeconds: Number(headers.get('retry-after')), predictedWaitMs })
    }
    return status
  }

  // Ten attempts at once take 100 ms each. So at most a hundred payments settle a second, and these wait for some seconds.
  await configure(running.ports.defaultPort, 'delay', { delay: 100 })
  await until(async () => {
    await Promise.all(Array.from({ length: 100 }, post))
    return refused.length > 0
  }, 'a new payment is refused')
  const [first] = refused
  // The two may differ by two seconds, because the queue has drained since the node was told, and a busy machine asks late.
  const differenceSeconds = (first?.waitSeconds ?? 0) - Math.ceil((first?.predictedWaitMs ?? 0) / 1000)
  expect(Math.abs(differenceSeconds)).toBeLessThan(3)
  expect(first?.waitSeconds).toBeGreaterThan(1)

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
