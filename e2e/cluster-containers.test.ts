import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ContainerStack, docker, dockerProblem } from './testing/container-stack.ts'

const services = ['coordinator', 'coordinator2'] as const
type Coordinator = (typeof services)[number]

// Where Docker is missing, containers.test.ts says so, and fails in CI.
describe.skipIf(dockerProblem() !== undefined)(
  'two coordinators and three NATS servers in containers',
  () => {
    let stack: ContainerStack
    const ids: string[] = []

    beforeAll(async () => {
      stack = await ContainerStack.create('docker-compose.cluster.yml')
      await stack.build()
      await stack.up()
    }, 480_000)
    afterAll(() => stack?.down(), 60_000)

    async function statusOf(service: Coordinator): Promise<string> {
      const url = service === 'coordinator' ? stack.adminUrl : stack.secondAdminUrl
      const answer = await fetch(`${url}/health`).catch(() => undefined)
      return answer === undefined ? 'gone' : ((await answer.json()) as { readonly status: string }).status
    }

    /** The one that leads now, when the other one stands by. */
    async function leader(): Promise<Coordinator> {
      const statuses = () => Promise.all(services.map(statusOf))
      const sorted = async () => (await statuses()).toSorted()
      await expect.poll(sorted, { timeout: 15_000 }).toEqual(['ok', 'standby'])
      return services[(await statuses()).indexOf('ok')] ?? 'coordinator'
    }

    /** Posts payments one after the other, and holds each to its level. */
    async function pay(count: number): Promise<void> {
      for (let index = 0; index < count; index += 1) {
        const correlationId = randomUUID()
        const response = await fetch(`${stack.publicUrl}/payments`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ correlationId, amount: 19.9 }),
        })
        expect([response.status, response.headers.get('preference-applied')]).toEqual([202, 'ack=replicated'])
        ids.push(correlationId)
      }
    }

    /** Every payment is with exactly one processor, and the summary has them all. */
    async function booksAgree(): Promise<void> {
      const totalCount = async () => {
        const { default: first, fallback } = await stack.summary()
        return first.totalRequests + fallback.totalRequests
      }
      await expect.poll(totalCount, { timeout: 15_000 }).toBe(ids.length)
      const urls = Object.values(stack.processorUrls)
      for (const id of ids) {
        const found = await Promise.all(urls.map(async url => (await fetch(`${url}/payments/${id}`)).ok))
        expect(found.filter(isThere => isThere)).toHaveLength(1)
      }
    }

    test('each payment is acknowledged when most NATS servers have it on disk', async () => {
      await leader()
      await pay(50)
      await booksAgree()
    }, 60_000)

    test('the leader is killed: the other coordinator goes on, and the one that is started again stands by', async () => {
      const killed = await leader()
      const paying = pay(50)
      await docker('kill', stack.container(killed))
      await paying
      await docker('start', stack.container(killed))
      expect(await leader()).not.toBe(killed)
      await booksAgree()
    }, 60_000)

    test('one NATS server after the other is killed and started again: payments wait, and none is lost', async () => {
      for (const service of ['nats1', 'nats2', 'nats3']) {
        const paying = pay(20)
        await docker('kill', stack.container(service))
        await paying
        await docker('start', stack.container(service))
        await leader()
      }
      await booksAgree()
    }, 120_000)

    test('the leader is stopped in order, as for an update: no request fails', async () => {
      const stopped = await leader()
      const paying = pay(100)
      await docker('stop', stack.container(stopped))
      await paying
      await docker('start', stack.container(stopped))
      expect(await leader()).not.toBe(stopped)
      await booksAgree()
    }, 60_000)
  },
)
