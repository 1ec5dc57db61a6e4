import { createServer } from 'node:http'
import type { Shard } from '@rinha/payment'
import { listen } from '@rinha/testing'
import { expect, test } from 'vitest'
import { reconcile } from './reconcile.ts'

const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'
const equal = {
  ...{ processor: 'default', state: 'equal', reason: null, comparedAt: '2026-11-30T12:00:00.000Z' },
  ...{ from: '2026-11-30T11:00:00.000Z', to: '2026-11-30T11:59:59.000Z' },
  ...{ ours: { count: 1200, amountCents: 119_000 }, theirs: { count: 1200, amountCents: 119_000 } },
  ...{
    remainder: { count: 0, amountCents: 0 },
    purgedTo: null,
    differenceCount: 0,
    differences: [],
    callCount: 31,
  },
}
const missing = {
  ...{ kind: 'missing', correlationId: id, theirs: null },
  ours: {
    state: 'settled',
    processor: 'default',
    amountCents: 1990,
    requestedAt: '2026-11-30T11:30:00.000Z',
  },
}
const different = { ...equal, state: 'different', differenceCount: 1, differences: [missing] }
const away = { ...equal, state: 'unavailable', reason: 'the summary answered 500' }
const none = {
  ...equal,
  state: 'notConfigured',
  ours: null,
  theirs: null,
  from: null,
  to: null,
  callCount: 0,
}
const counts = { acceptedCount: 1200, queuedCount: 0, inFlightCount: 0, settledCount: 1200, rejectedCount: 0 }
const conservation = { at: '2026-11-30T12:00:00.000Z', ...counts, isEqual: true }

/** An admin port whose run has ended when it is asked for the third time. */
async function startAdmin(processors: readonly object[], counted: object = conservation, shard?: Shard) {
  let looks = 0
  const posted: string[] = []
  const port = await listen(
    createServer(async (call, response) => {
      if (call.url === '/queue-status')
        return response.writeHead(200).end(JSON.stringify({ shard, processors: [], attention: [] }))
      let body = ''
      for await (const piece of call) body += piece
      if (call.method === 'POST') {
        posted.push(body)
        return response.writeHead(202).end('{"run":7}\n')
      }
      looks += 1
      const run = looks === 1 ? 6 : 7
      const report = { run, isRunning: looks < 3, everyMs: 0, callsPerSecondMax: 200, conservation: counted }
      response.writeHead(200).end(JSON.stringify({ ...report, processors }))
    }),
  )
  return { posted, admin: `http://127.0.0.1:${port}` }
}

async function run(...argv: string[]) {
  let [stdout, stderr] = ['', '']
  const code = await reconcile.run(argv, {
    stdout: { write: text => (stdout += text) },
    stderr: { write: text => (stderr += text) },
  })
  return { code, stdout, stderr }
}

test.each([
  ['equal', [equal], 0, /default +1,200 of 1,190\.00 +1,200 of 1,190\.00 +0 +31 +equal/],
  [
    'different',
    [equal, different],
    1,
    new RegExp(`^${id} missing: here settled: 19\\.90, 2026.*; default does not have it\n`),
  ],
  ['unavailable', [equal, away], 2, /could not be compared: the summary answered 500/],
  ['not configured', [none], 2, /PROCESSOR_ADMIN_TOKENS does not name it/],
  [
    'one of two not configured',
    [equal, none],
    0,
    /1,200 accepted = 0 queued \+ 0 in flight \+ 1,200 settled/,
  ],
])('books that are %s', async (_, processors, code, words) => {
  const { admin, posted } = await startAdmin(processors)
  const result = await run('--admin', admin)
  expect(result).toMatchObject({ code, stderr: '', stdout: expect.stringMatching(words) })
  expect(posted).toEqual(['{"everyPayment":false}'])
})

test('a ledger that does not add up is reported, with exit code 1', async () => {
  const { admin, posted } = await startAdmin([equal], { ...conservation, isEqual: false })
  expect(await run('--admin', admin, '--every-payment')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/THE LEDGER DOES NOT ADD UP/),
  })
  expect(posted).toEqual(['{"everyPayment":true}'])
})

test('of several shards each recounts its ledger, and shard 0 compares the books', async () => {
  const shard0 = await startAdmin([equal], conservation, { index: 0, count: 2 })
  const shard1 = await startAdmin([none], { ...conservation, acceptedCount: 30, settledCount: 30 })
  const both = ['--admin', shard0.admin, '--admin', shard1.admin]
  const { code, stdout } = await run(...both)
  expect(code).toBe(0)
  expect(stdout).toMatch(/1,230 accepted = 0 queued \+ 0 in flight \+ 1,230 settled/)
  expect(stdout).toMatch(/default +1,200 of 1,190\.00 +1,200 of 1,190\.00 +0 +31 +equal/)
  expect([...shard0.posted, ...shard1.posted]).toEqual(['{"everyPayment":false}', '{"everyPayment":false}'])
  const broken = await startAdmin([none], { ...conservation, isEqual: false })
  expect(await run('--admin', shard0.admin, '--admin', broken.admin)).toMatchObject({ code: 1 })
  const away = await run('--admin', shard0.admin, '--admin', 'http://127.0.0.1:1')
  expect(away).toMatchObject({ code: 2, stderr: expect.stringMatching(/127\.0\.0\.1:1/) })
})

test('without a coordinator, at another server or with a wrong option the exit code is 2', async () => {
  const port = await listen(createServer((_, response) => void response.writeHead(404).end('no')))
  expect(await run('--admin', `http://127.0.0.1:${port}`)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/is no coordinator: set --admin/),
  })
  expect((await run('--admin', 'http://127.0.0.1:1')).stderr).toMatch(
    /no coordinator answers at \S+, where --admin points: /,
  )
  expect((await run('--everything')).code).toBe(2)
})
