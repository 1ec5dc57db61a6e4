import { request } from 'node:http'
import { printCorrelationId } from '@rinha/payment'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import {
  closeAll,
  connect,
  pay,
  post,
  readJson,
  recordedAt,
  startAnswering,
  startOn,
  startTwins,
  until,
} from '../testing.ts'

afterEach(closeAll)

/** A processor that answers the first POST of an id with 504 and each repeat with 400, and finds nothing. */
function startSick(): Promise<number> {
  const seen = new Set<string>()
  return startAnswering(body => {
    const isRepeat = seen.has(body)
    seen.add(body)
    return isRepeat ? 400 : 504
  })
}

async function startStuck(environment: Record<string, string> = {}) {
  const [, fallback] = await startTwins()
  const processors = `default=http://127.0.0.1:${await startSick()}@0.05@5000,fallback=http://localhost:${fallback.port}@0.15@5000`
  // The timeout is so long that every attempt is answered on a slow machine.
  const patience = { ATTEMPT_TIMEOUT_MS: '600000' }
  const start = () => startOn([fallback, fallback], { ...patience, ...environment, PROCESSORS: processors })
  const coordinator = await start()
  const node = await connect(coordinator.channelPort)
  const [correlationId = new Uint8Array(16)] = pay(node, 1)
  const admin = () => `http://127.0.0.1:${coordinator.adminPort}`
  return { coordinator, start, fallback, id: printCorrelationId(correlationId), admin: admin() }
}

interface Status {
  readonly attentionCount: number
  readonly attention: readonly { readonly correlationId: string; readonly reason: string }[]
}

const attentionOf = async (admin: string) => (await readJson(`${admin}/queue-status`)) as unknown as Status

test('a payment whose repeat is rejected is listed, and a person’s order for it outlives the process', async () => {
  const { coordinator, start, admin, id } = await startStuck({ JOURNAL_DIR: temporaryDirectory() })
  await until(async () => (await attentionOf(admin)).attentionCount === 1)
  const { attention } = await attentionOf(admin)
  expect(attention).toMatchObject([{ correlationId: id, state: 'inFlight', processor: 'default' }])
  expect(attention[0]?.reason).toContain('400')
  const { requestedAt } = await readJson(`${admin}/payments/${id}`)
  await until(async () => (await post(`${admin}/payments/${id}/resolve`, { outcome: 'recorded' }))[0] === 200)
  const { entries } = await readJson(`${admin}/audit`)
  await post(`${admin}/payments/${id}/resolve`, { outcome: 'recorded' })
  const settled = {
    correlationId: id,
    state: 'settled',
    amountCents: 1990,
    processor: 'default',
    requestedAt,
  }
  expect(await readJson(`${admin}/payments/${id}`)).toMatchObject(settled)
  await coordinator.stop()
  const next = await start()
  const nextAdmin = `http://127.0.0.1:${next.adminPort}`
  expect(await readJson(`${nextAdmin}/payments/${id}`)).toMatchObject({
    ...settled,
    timeLine: { isComplete: false, entries: [] },
  })
  // The second order changed nothing.
  expect(await readJson(`${nextAdmin}/audit`)).toEqual({ entries, nextCursor: null })
  expect((entries as object[])[0]).toMatchObject({
    who: 'olga',
    what: 'payment',
    which: id,
    before: { state: 'inFlight', processor: 'default', requestedAt },
    after: { ordered: 'resolve', outcome: 'recorded' },
  })
})

test('the time line of a payment has each attempt and look-up with its outcome, and each order of a person', async () => {
  const { admin, id } = await startStuck()
  await until(async () => (await attentionOf(admin)).attentionCount === 1)
  await until(async () => (await post(`${admin}/payments/${id}/resolve`, { outcome: 'recorded' }))[0] === 200)
  const payment = await readJson(`${admin}/payments/${id}`)
  const { isComplete, entries } = payment.timeLine as {
    readonly isComplete: boolean
    readonly entries: readonly Record<string, unknown>[]
  }
  expect([isComplete, payment.acceptedAt]).toEqual([true, expect.stringMatching(/Z$/)])
  const attempt = { what: 'attempt', processor: 'default', requestedAt: payment.requestedAt }
  expect(entries.slice(0, 3)).toMatchObject([
    { ...attempt, outcome: 'unknown', reason: expect.stringContaining('504') },
    { what: 'lookUp', processor: 'default', requestedAt: null, outcome: 'absent', reason: null },
    { ...attempt, outcome: 'rejected', reason: expect.stringContaining('400') },
  ])
  expect(entries.at(-1)).toMatchObject({ what: 'confirmed', processor: 'default', outcome: null })
  expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).toSorted())
})

test('a payment that its processor does not have goes back to the queue, and then to the other one', async () => {
  const { admin, id, fallback } = await startStuck()
  await until(async () => (await attentionOf(admin)).attentionCount === 1)
  // The processor loses the answer again. After some losses its circuit opens, and the other processor takes the payment.
  await until(async () => {
    await post(`${admin}/payments/${id}/resolve`, { outcome: 'notRecorded' })
    return (await recordedAt(fallback)).totalRequests === 1
  })
  await until(async () => (await readJson(`${admin}/payments/${id}`)).state === 'settled')
  expect((await post(`${admin}/payments/${id}/resolve`, { outcome: 'notRecorded' }))[0]).toBe(409)
  expect((await post(`${admin}/payments/${id}/resubmit`, {}))[0]).toBe(409)
})

test('wrong orders are refused with problem details', async () => {
  const { admin, id } = await startStuck()
  const { port } = new URL(admin)
  const url = `${admin}/payments/${id}/resubmit`
  const other = '00000000-0000-0000-0000-000000000000'
  const answers = [
    await post(`${admin}/payments/${other}/resubmit`, {}),
    await post(`${admin}/payments/me/resubmit`, {}),
    await post(url, '{'),
    await post(url, { outcome: 'recorded' }),
    await post(url, 'x'.repeat(5000)),
    await post(url, {}, { 'content-type': 'text/plain' }),
    await post(url, {}, { origin: 'http://evil.example' }),
    await post(url, {}, { origin: 'null' }),
    await post(url, {}, { origin: `http://127.0.0.1:${port}` }),
  ]
  expect(answers.map(([status]) => status)).toEqual([404, 400, 400, 400, 413, 415, 403, 403, 409])
  for (const [status, body] of answers) expect(body).toMatchObject({ status, detail: expect.any(String) })
  const rebound = await new Promise(resolve =>
    request(url, {
      method: 'POST',
      headers: { host: `evil.example:${port}`, 'content-type': 'application/json' },
    })
      .on('response', response => resolve(response.resume().statusCode))
      .end('{}'),
  )
  expect(rebound).toBe(403)
  expect((await fetch(url)).headers.get('allow')).toBe('POST')
  expect((await fetch(`${admin}/payments/${other}`)).status).toBe(404)
  expect((await fetch(`${admin}/payments/${id}/forget`, { method: 'POST' })).status).toBe(404)
})
