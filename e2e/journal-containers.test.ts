import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ContainerStack, docker, dockerProblem } from './testing/container-stack.ts'

/** The body of a new payment. It can be posted more than once. */
function newPayment(): string {
  return JSON.stringify({ correlationId: randomUUID(), amount: 19.9 })
}

interface Answer {
  readonly status: number
  readonly reached: string | null
  readonly text: string
}

async function post(stack: ContainerStack, body: string): Promise<Answer> {
  const response = await fetch(`${stack.publicUrl}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'ack=journaled' },
    body,
  })
  const reached = response.headers.get('preference-applied')
  return { status: response.status, reached, text: await response.text() }
}

async function settledCount(stack: ContainerStack): Promise<number> {
  const { default: first, fallback } = await stack.summary()
  return first.totalRequests + fallback.totalRequests
}

const logOf = (stack: ContainerStack) => stack.compose('logs', '--no-log-prefix', 'coordinator')

// Where Docker is missing, containers.test.ts says so, and fails in CI.
describe.skipIf(dockerProblem() !== undefined)('a journal in a container', () => {
  describe('on a disk that fills up', () => {
    let stack: ContainerStack
    beforeAll(async () => {
      stack = await ContainerStack.create('e2e/journal/docker-compose.full-disk.yml')
      await stack.build()
      await stack.up()
    }, 480_000)
    afterAll(() => stack?.down(), 60_000)

    const health = async () => {
      const response = await fetch(`${stack.adminUrl}/health`)
      const body = (await response.json()) as {
        readonly status: string
        readonly journal?: { readonly code: string }
      }
      return { ...body, code: response.status }
    }
    const shell = (line: string) => docker('exec', stack.container('coordinator'), 'bash', '-c', line)

    test('posts are answered 503 instead of journaled until the disk has room again, and then all are journaled', async () => {
      const before = await post(stack, newPayment())
      expect(before).toMatchObject({ status: 202, reached: 'ack=journaled' })

      // This is a real ENOSPC of the file system, not one that a test injects.
      await shell('head --bytes 2M /dev/zero > /small/filler 2>/dev/null || true')
      const bodies = Array.from({ length: 200 }, newPayment)
      const refused: string[] = []
      for (const body of bodies) {
        const { status, reached, text } = await post(stack, body)
        if (status === 202) expect(reached).toBe('ack=journaled')
        else {
          expect({ status, text }).toMatchObject({ status: 503, text: expect.stringContaining('journal') })
          refused.push(body)
          if (refused.length === 3) break
        }
      }
      expect(refused).toHaveLength(3)
      expect(await health()).toMatchObject({
        code: 503,
        status: 'the journal fails',
        journal: { code: 'ENOSPC' },
      })
      expect(await logOf(stack)).toMatch(
        /"reason":"the disk says ENOSPC.*the journal in JOURNAL_DIR cannot be written/,
      )

      await shell('rm /small/filler')
      await expect.poll(health, { timeout: 5_000 }).toMatchObject({ code: 200, status: 'ok' })
      // Posting a refused payment again is safe, although the cluster may have it already.
      for (const body of refused)
        expect(await post(stack, body)).toMatchObject({ status: 202, reached: 'ack=journaled' })
      const postedCount = 1 + bodies.indexOf(refused.at(-1) ?? '') + 1
      await expect.poll(() => settledCount(stack), { timeout: 5_000 }).toBe(postedCount)
    }, 60_000)
  })

  describe('in a volume', () => {
    let stack: ContainerStack
    beforeAll(async () => {
      stack = await ContainerStack.create('docker-compose.journal.yml')
      await stack.build()
      await stack.up()
    }, 480_000)
    afterAll(() => stack?.down(), 60_000)

    test('the image has the archive', async () => {
      const files = await docker('exec', stack.container('coordinator'), 'find', '/app', '-type', 'f')
      expect(files.split('\n').sort()).toEqual(
        [
          'archive.mjs',
          'coordinator.mjs',
          'jetstream.mjs',
          'level/LICENSE',
          'level/classic-level.node',
          'replay.worker.mjs',
        ].map(name => `/app/${name}`),
      )
    })

    test('a second coordinator on the same volume is refused, and the first goes on', async () => {
      const second = stack.compose('run', '--rm', '--no-deps', '--no-TTY', 'coordinator')
      await expect(second).rejects.toThrow(/JOURNAL_DIR, \/journal, is in use by process \d+ on host \w+/)
      expect(await post(stack, newPayment())).toMatchObject({ status: 202, reached: 'ack=journaled' })
      // The next test counts settled payments, so this one must be settled before.
      const counted = () => settledCount(stack)
      await expect.poll(counted, { timeout: 5_000 }).toBe(1)
    })

    test('a coordinator that is killed and started again still has every payment', async () => {
      const beforeCount = await settledCount(stack)
      const answers = await Promise.all(Array.from({ length: 50 }, () => post(stack, newPayment())))
      await docker('kill', stack.container('coordinator'))
      expect(new Set(answers.map(({ status, reached }) => `${status} ${reached}`))).toEqual(
        new Set(['202 ack=journaled']),
      )
      await docker('start', stack.container('coordinator'))
      const counted = () => settledCount(stack).catch(() => -1)
      await expect.poll(counted, { timeout: 15_000 }).toBe(beforeCount + 50)
    })
  })
})
