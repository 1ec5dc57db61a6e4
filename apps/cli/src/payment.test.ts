import { createServer } from 'node:http'
import { parseCorrelationId, type Shard, shardOf } from '@rinha/payment'
import { listen } from '@rinha/testing'
import { expect, test } from 'vitest'
import { payment } from './payment.ts'

const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'

/** An admin port that gives the same answer to every request, and the requests that it got. */
async function startAdmin(status: number, answer: object, shard?: Shard) {
  const asked: unknown[] = []
  const port = await listen(
    createServer(async (call, response) => {
      if (call.url === '/queue-status')
        return response.writeHead(200).end(JSON.stringify({ shard, processors: [], attention: [] }))
      let body = ''
      for await (const piece of call) body += piece
      asked.push([call.method, call.url, call.headers['content-type'], body])
      response.writeHead(status).end(`${JSON.stringify(answer)}\n`)
    }),
  )
  return { asked, admin: `http://127.0.0.1:${port}` }
}

async function run(...argv: string[]) {
  let [stdout, stderr] = ['', '']
  const code = await payment.run(argv, {
    stdout: { write: text => (stdout += text) },
    stderr: { write: text => (stderr += text) },
  })
  return { code, stdout, stderr }
}

test.each([
  [
    ['show', id],
    ['GET', `/payments/${id}`, undefined, ''],
  ],
  [
    ['resubmit', id],
    ['POST', `/payments/${id}/resubmit`, 'application/json', '{}'],
  ],
  [
    ['discard', id],
    ['POST', '/rejected/discard', 'application/json', `{"ids":["${id}"]}`],
  ],
  [
    ['discard', 'all'],
    ['POST', '/rejected/discard', 'application/json', '{"all":true}'],
  ],
  [
    ['resubmit', 'all', '--reason', 'the processor answered 400'],
    ['POST', '/rejected/resubmit', 'application/json', '{"reason":"the processor answered 400"}'],
  ],
  [
    ['resolve', id, 'notRecorded'],
    ['POST', `/payments/${id}/resolve`, 'application/json', '{"outcome":"notRecorded"}'],
  ],
  [
    ['resolve', id, 'recorded', '--processor', 'default', '--requested-at', '2026-11-29T12:00:00Z'],
    [
      'POST',
      `/payments/${id}/resolve`,
      'application/json',
      '{"outcome":"recorded","processor":"default","requestedAt":"2026-11-29T12:00:00Z"}',
    ],
  ],
])('%j asks the admin port, and prints what it answers', async (argv, asked) => {
  const tested = await startAdmin(200, { state: 'settled' })
  expect(await run(...argv, '--admin', tested.admin)).toEqual({
    code: 0,
    stdout: '{"state":"settled"}\n',
    stderr: '',
  })
  expect(tested.asked).toEqual([asked])
})

test('a refusal is printed in the coordinator’s words', async () => {
  const { admin } = await startAdmin(409, { detail: 'This payment is settled.' })
  const { code, stderr } = await run('resubmit', id, '--admin', admin)
  expect([code, stderr]).toEqual([1, 'payment: This payment is settled.\n'])
})

test('a payment that is not rejected is not discarded, and the reason is printed', async () => {
  const { admin } = await startAdmin(200, {
    refusedCount: 1,
    refused: [{ detail: 'This payment is settled.' }],
  })
  const { code, stderr } = await run('discard', id, '--admin', admin)
  expect([code, stderr]).toEqual([1, 'payment: This payment is settled.\n'])
})

const index = shardOf(parseCorrelationId(id) as Uint8Array, 2)

test('of several shards the one is asked that the payment belongs to, and with all each of them', async () => {
  const own = await startAdmin(200, { state: 'settled' }, { index, count: 2 })
  const other = await startAdmin(200, { state: 'wrong' }, { index: 1 - index, count: 2 })
  const both = ['--admin', other.admin, '--admin', own.admin]
  expect(await run('show', id, ...both)).toMatchObject({ code: 0, stdout: '{"state":"settled"}\n' })
  expect([own.asked.length, other.asked.length]).toEqual([1, 0])
  const all = await run('discard', 'all', ...both)
  expect(all).toMatchObject({
    code: 0,
    stdout: `${other.admin} {"state":"wrong"}\n${own.admin} {"state":"settled"}\n`,
  })
  expect([own.asked.length, other.asked.length]).toEqual([2, 1])
})

test('where none of them is its shard, or only a part has done it, that is said', async () => {
  const other = await startAdmin(200, {}, { index: 1 - index, count: 2 })
  const dead = 'http://127.0.0.1:1'
  const alone = await run('show', id, '--admin', other.admin, '--admin', other.admin)
  expect(alone).toMatchObject({ code: 1, stderr: expect.stringMatching(/none of the --admin is the shard/) })
  const missing = await run('show', id, '--admin', other.admin, '--admin', dead)
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/127\.0\.0\.1:1/) })
  const part = await run('resubmit', 'all', '--admin', other.admin, '--admin', dead)
  expect(part.code).toBe(1)
  expect(part.stderr).toMatch(new RegExp(`done at ${other.admin}, and not at ${dead}\\. It may be repeated`))
})

test('without a coordinator the command says which address it asked', async () => {
  const { code, stderr } = await run('show', id, '--admin', 'http://127.0.0.1:1')
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/no coordinator answers at http:\/\/127\.0\.0\.1:1\/\S+, where --admin points: /),
  ])
})

test.each([
  [['resolve', id]],
  [['resubmit', id, 'recorded']],
  [['resubmit', id, '--reason', 'no']],
  [['resolve', 'all', 'recorded']],
  [['show', 'all']],
  [['show', 'me']],
  [[]],
])('%j is a wrong command line', async argv => {
  expect((await run(...argv)).code).toBe(2)
})
