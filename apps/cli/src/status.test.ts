import { createServer } from 'node:http'
import { freePorts } from '@rinha/service'
import { listen, outcomeOf } from '@rinha/testing'
import { expect, onTestFinished, test } from 'vitest'
import { status } from './status.ts'

const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'
const lane = {
  ...{
    circuit: 'closed',
    feeBps: 500,
    openedCount: 0,
    lastFailure: null,
    usable: true,
    against: null,
    inFlightCount: 3,
    limitCount: 100,
  },
  ...{
    predictedMs: 5,
    tailMs: 9.1,
    reportedFailing: false,
    reportedMinResponseMs: 0,
    polledAgeMs: 1,
    wayStatus: null,
  },
}
const quiet = {
  ...{
    queuedCount: 5683,
    oldestQueuedAgeMs: 20_100,
    lookedUpFirstCount: 0,
    inFlightCount: 12,
    unknownCount: 0,
  },
  ...{
    oldestUnknownAgeMs: 0,
    settledCount: 0,
    rejectedCount: 0,
    discardedCount: 0,
    acceptedCount: 0,
    keptCount: 5,
    acceptedCountMax: 1_000_000,
    archivedToMs: null,
    retainHours: 24,
    idempotencyHours: 24,
  },
  ...{ attentionCount: 0, attention: [], rejected: [], policy: 'patient', auditGuardMs: 1500 },
  ...{ nodes: ['api1', 'api2'], journal: null },
  processors: [
    { ...lane, name: 'default', settledCount: 0 },
    {
      ...{
        ...lane,
        name: 'fallback',
        usable: false,
        against: 'down',
        circuit: 'open',
        lastFailure: 'answered 500',
      },
      settledCount: 0,
    },
  ],
}

/** An admin port whose counters grow at a given rate. */
async function startAdmin({
  settledPerSecond = 100,
  inPerSecond = 200,
  ...changes
}: Record<string, unknown> = {}) {
  const startedAtMs = performance.now()
  const port = await listen(
    createServer((_, response) => {
      const elapsedS = (performance.now() - startedAtMs) / 1000
      const settledCount = 1000 + Math.round(Number(settledPerSecond) * elapsedS)
      const grown = { settledCount, acceptedCount: 9000 + Math.round(Number(inPerSecond) * elapsedS) }
      const [first, second] = quiet.processors
      const processors = [{ ...first, settledCount }, second]
      response.end(JSON.stringify({ ...quiet, ...grown, processors, ...changes }))
    }),
  )
  return `http://127.0.0.1:${port}`
}

test('one page says what waits, how fast payments flow, and why a processor is not usable', async () => {
  const { code, stdout, stderr } = await outcomeOf(status, '--admin', await startAdmin())
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^policy patient · audit guard 1,500 ms · journal none · API nodes: api1, api2$/m)
  expect(stdout).toMatch(/^queued +5,683 {2}oldest 20\.1 s$/m)
  const settledRate = Number(/([\d.]+) settled\/s/.exec(stdout)?.[1])
  const inRate = Number(/([\d.]+) in\/s/.exec(stdout)?.[1])
  // On a busy machine the time of a reading counts, too. Both rates come from the same two readings.
  expect(inRate / settledRate).toBeCloseTo(2, 1)
  expect(Math.abs(Math.log2(settledRate / 100))).toBeLessThan(1)
  expect(stdout).toMatch(/^default +closed +5\.00 ms +9\.10 ms +3 of 100 +100\.00 % {2}usable$/m)
  expect(stdout).toMatch(/^fallback +open .* 0\.00 % {2}down: answered 500$/m)
  expect(stdout).toMatch(/\n\nNothing waits for a person\.\n$/)
  expect(stdout).not.toContain('\x1b')
  expect(stdout.split('\n').length).toBeLessThanOrEqual(24)
})

test('payments that only a person can end are named, with exit code 1', async () => {
  const attention = [
    { correlationId: id, state: 'inFlight', processor: 'default', reason: 'timeout', ageMs: 31_000 },
  ]
  const rejected = ['a', 'b', 'c', 'd'].map(correlationId => ({ correlationId, reason: 'answered 400' }))
  const admin = await startAdmin({ attentionCount: 1, attention, rejectedCount: 4, rejected })
  const { code, stdout } = await outcomeOf(status, '--admin', admin)
  expect(code).toBe(1)
  expect(stdout).toContain(`attention 1:\n  ${id}  31.0 s at default: timeout\n`)
  expect(stdout).toContain(
    'rejected 4, the first 3:\n  a  answered 400\n  b  answered 400\n  c  answered 400\n',
  )
})

test('of shards the sum is shown, and the queue of each; one that does not answer is no part of it', async () => {
  const shard = (index: number) => ({ shard: { index, count: 3 }, queuedCount: 10 + index, inFlightCount: 2 })
  const down = [{ ...lane, name: 'default', settledCount: 0, usable: false, against: 'stalled' }]
  const admins = [
    await startAdmin(shard(0)),
    await startAdmin({ ...shard(1), processors: down }),
    'http://127.0.0.1:1',
  ]
  const { code, stdout } = await outcomeOf(status, ...admins.flatMap(admin => ['--admin', admin]))
  expect(code).toBe(1)
  expect(stdout).toMatch(/^queued +21 {2}oldest 20\.1 s$/m)
  expect(stdout).toMatch(/^0 +10 +20\.1 s +2 /m)
  expect(stdout).toMatch(/^1 +11 +20\.1 s +2 /m)
  expect(stdout).toMatch(/^NOT IN THE SUMS: no coordinator answers at http:\/\/127\.0\.0\.1:1/m)
  expect(stdout).toMatch(/^default .* 6 of 200 .* stalled/m)
})

test('of one admin port, the shards of the same process are found at the ports beside it', async () => {
  const [port = 0] = await freePorts(1)
  const bodyOf = (index: number) =>
    JSON.stringify({ ...quiet, shard: { index, count: 2 }, queuedCount: 1 + index })
  for (const index of [0, 1]) {
    const server = createServer((_, response) => response.end(bodyOf(index)))
    await new Promise<void>(resolve => server.listen(port + index, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
  }
  const { code, stdout } = await outcomeOf(status, '--admin', `http://127.0.0.1:${port + 1}`)
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^queued +3 /m)])
})

test('a coordinator that was purged between two readings has no rates', async () => {
  const { stdout } = await outcomeOf(
    status,
    '--admin',
    await startAdmin({ settledPerSecond: -50, inPerSecond: -50 }),
  )
  expect(stdout).toContain('– settled/s')
  expect(stdout).toContain('– in/s')
})

test('a journal that cannot be written is reported, with exit code 1', async () => {
  const admin = await startAdmin({ journal: { failure: { code: 'ENOSPC', words: 'the disk is full' } } })
  const { code, stdout } = await outcomeOf(status, '--admin', admin)
  expect([code, stdout]).toEqual([1, expect.stringContaining('journal the disk is full')])
})

test.each([
  [{ wayStatus: 401 }, 'answers 401: wrong address or token?'],
  [{ against: 'down', circuit: 'open', lastFailure: 'answered 500' }, 'down: answered 500'],
  [{ against: 'level' }, 'slow: half of all are past the guard'],
  [{ against: 'tail' }, 'slow: its tail is past the guard'],
  [{ against: 'stalled' }, 'stalled: answers are overdue'],
  [{ against: 'leftAlone' }, 'left alone: it asked for it'],
  [{ against: 'paused' }, 'paused: by a person'],
  [{ against: 'draining' }, 'draining: a person asked for it'],
])('a processor that is not usable with %j is said to be so', async (changes, words) => {
  const processors = [{ ...lane, name: 'default', settledCount: 1, usable: false, ...changes }]
  const { stdout } = await outcomeOf(status, '--admin', await startAdmin({ processors }))
  expect(stdout).toContain(`${words}\n`)
})

test('a processor whose circuit a health poll has closed is shown to answer payments with 404, until one is recorded', async () => {
  const processors = [{ ...lane, name: 'default', settledCount: 1, wayStatus: 404 }]
  const { stdout } = await outcomeOf(status, '--admin', await startAdmin({ processors }))
  expect(stdout).toContain('usable, but answered the last payment 404: wrong address or token?\n')
})

test('without a coordinator, or with another server there, the command says which address it asked', async () => {
  expect(await outcomeOf(status, '--admin', 'http://127.0.0.1:1')).toMatchObject({
    ...{ code: 1, stdout: '' },
    stderr: expect.stringMatching(
      /^status: no coordinator answers at http:\/\/127\.0\.0\.1:1\/queue-status, where --admin points: /,
    ),
  })
  const port = await listen(createServer((_, response) => response.end('"a page"')))
  expect(await outcomeOf(status, '--admin', `http://127.0.0.1:${port}`)).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('is no coordinator: set --admin') },
  })
})

test('with a wrong option the exit code is 2', async () => {
  expect(await outcomeOf(status, '--wach')).toMatchObject({ code: 2, stdout: '' })
})

test('--watch goes on until Ctrl-C, writes plain text without a terminal, and says when the coordinator is gone', async () => {
  const pages: string[] = []
  const stdout = { write: (text: string) => pages.push(text) }
  const { port, close } = await closable()
  const ended = status.run(['--watch', '--admin', `http://127.0.0.1:${port}`], { stdout, stderr: stdout })
  await expect.poll(() => pages.length, { timeout: 5000 }).toBe(2)
  close()
  await expect.poll(() => pages.at(-1), { timeout: 5000 }).toContain('STALE: no coordinator answers')
  process.emit('SIGINT')
  expect(await ended).toBe(0)
  expect(pages[0]).toContain('– in/s')
  expect(pages[1]).toContain(' 0 in/s')
  expect(pages.join('')).not.toContain('\x1b')
})

test('--watch on a terminal overwrites its page, and no line wraps', async () => {
  const pages: string[] = []
  const terminal = { isTTY: true, columns: 30, rows: 10, write: (text: string) => pages.push(text) }
  const ended = status.run(['--watch', '--admin', await startAdmin()], { stdout: terminal, stderr: terminal })
  await expect.poll(() => pages.length, { timeout: 5000 }).toBe(1)
  process.emit('SIGINT')
  await ended
  expect(pages[0]?.startsWith('\x1b[H\x1b[2J')).toBe(true)
  const lines = pages[0]?.slice('\x1b[H\x1b[2J'.length).split('\n') ?? []
  expect(lines.length).toBe(10)
  expect(Math.max(...lines.map(line => line.length))).toBe(29)
})

async function closable() {
  const server = createServer((_, response) => response.end(JSON.stringify(quiet)))
  const port = await listen(server)
  return {
    port,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
