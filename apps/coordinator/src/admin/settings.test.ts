import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import {
  closeAll,
  connect,
  lines,
  pay,
  startOn,
  startStack,
  startTwins,
  tokens,
  totals,
  until,
} from '../testing.ts'

afterEach(closeAll)

interface Shown {
  readonly settings: readonly {
    readonly name: string
    readonly value: unknown
    readonly from: string
    readonly isChangeable: boolean
  }[]
}

const read = async (admin: string, name: string) => {
  const { settings } = (await (await fetch(`${admin}/settings`)).json()) as Shown
  return settings.find(setting => setting.name === name)
}
const etag = async (admin: string) => (await fetch(`${admin}/settings`)).headers.get('etag') ?? ''

async function patch(admin: string, body: object, version?: string, token = tokens.operator) {
  const response = await fetch(`${admin}/settings`, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      ...(version !== undefined && { 'if-match': version }),
    },
    body: JSON.stringify(body),
  })
  return [
    response.status,
    (await response.json()) as { detail?: string },
    response.headers.get('etag'),
  ] as const
}

test('a change is in force at once, shown with its version, and in the audit log', async () => {
  const { admin } = await startStack()
  const [status, , next] = await patch(admin, { POLICY: 'patient', AUDIT_GUARD_MS: 2000 }, await etag(admin))
  expect([status, next]).toEqual([200, '"1"'])
  expect(await read(admin, 'POLICY')).toMatchObject({ value: 'patient', from: 'operator' })
  const queueStatus = await (await fetch(`${admin}/queue-status`)).json()
  expect(queueStatus).toMatchObject({ policy: 'patient', auditGuardMs: 2000 })
  expect((await patch(admin, { POLICY: 'patient' }, '"1"'))[2]).toBe('"1"')
  await patch(admin, { AUDIT_GUARD_MS: null }, '"1"')
  expect(await read(admin, 'AUDIT_GUARD_MS')).toMatchObject({ value: 1500 })
  const { entries } = (await (await fetch(`${admin}/audit`)).json()) as { entries: object[] }
  expect(entries).toMatchObject([
    { what: 'settings', before: { AUDIT_GUARD_MS: '2000' }, after: { POLICY: 'patient' } },
    { who: 'olga', what: 'settings', before: {}, after: { POLICY: 'patient', AUDIT_GUARD_MS: '2000' } },
  ])
  await fetch(`${admin}/pause`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({}),
  })
  const only = async (what: string) => (await (await fetch(`${admin}/audit?what=${what}`)).json()) as object
  expect(await only('settings')).toEqual({ entries, nextCursor: null })
  expect(await only('sending')).toMatchObject({ entries: [{ what: 'sending' }] })
})

test('a change needs the present version, so that two changes at once do not undo each other', async () => {
  const { admin } = await startStack()
  const version = await etag(admin)
  expect((await patch(admin, { GRACE_MS: 1 }))[0]).toBe(428)
  const both = await Promise.all([1, 2].map(GRACE_MS => patch(admin, { GRACE_MS }, version)))
  expect(both.map(([status]) => status).sort()).toEqual([200, 412])
  expect((await patch(admin, { GRACE_MS: 3 }, version))[0]).toBe(412)
  expect((await patch(admin, { GRACE_MS: 3 }, '*'))[0]).toBe(200)
})

test('an impossible change is refused as a whole, with its reason', async () => {
  const { admin, twins } = await startStack()
  const list = (first: number, second: number, name = 'default') =>
    `${name}=http://localhost:${twins[0].port}@${first},fallback=http://localhost:${twins[1].port}@${second}`
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ GRACE_MS: 5, POLICY: 'best' }, /POLICY is not allowed to be "best": one of/],
    [{ GRACE_MS: -1 }, /GRACE_MS is not allowed/],
    [
      { POLICY: 'patient', POLICY_SETTINGS: 'holdMs=1' },
      /has holdMs, which is not a number of POLICY=patient/,
    ],
    [{ CANARY_MS_MIN: 2000 }, /CANARY_MS_MAX must not be below CANARY_MS_MIN/],
    [{ IN_FLIGHT_COUNT_MAX: 701 }, /must not be above 700/],
    [{ HEALTH_POLL_MS: 4999 }, /must not be below 5000/],
    [{ PROCESSORS: list(0.2, 0.1) }, /order of the fees must stay/],
    [{ PROCESSORS: list(0.05, 0.1, 'other') }, /only fees and thresholds/],
    [{ PAYMENT_COUNT_MAX: 5 }, /PAYMENT_COUNT_MAX/],
  ]
  for (const [body, said] of refused) {
    const [status, { detail }] = await patch(admin, body, '"0"')
    expect([status, detail]).toEqual([400, expect.stringMatching(said)])
  }
  expect((await patch(admin, { GRACE_MS: 5 }, '"0"', tokens.viewer))[0]).toBe(403)
  expect(await read(admin, 'GRACE_MS')).toMatchObject({ value: 1000 })
  expect((await patch(admin, { PROCESSORS: list(0.07, 0.1) }, '"0"'))[0]).toBe(200)
  expect(await (await fetch(`${admin}/processors`)).json()).toMatchObject({
    processors: [{ feeBps: 700 }, { feeBps: 1000 }],
  })
})

test('every setting that may be changed is shown in the form in which a change takes it', async () => {
  const { admin } = await startStack({ ADMIN_READ_NETWORKS: 'loopback,10.1.0.0/16' })
  const { settings } = (await (await fetch(`${admin}/settings`)).json()) as Shown
  const changeable = settings.filter(({ isChangeable }) => isChangeable)
  expect(changeable.map(({ name }) => name)).toContain('PROCESSORS')
  for (const { name, value } of changeable) {
    const [status, { detail }] = await patch(admin, { [name]: value }, '*')
    expect([name, status, detail]).toEqual([name, 200, undefined])
    expect(await read(admin, name)).toMatchObject({ value })
  }
  expect(await read(admin, 'ADMIN_READ_NETWORKS')).toMatchObject({ value: 'loopback,10.1.0.0/16' })
})

test('the policy is changed, and the change taken back, together with the numbers of the policy', async () => {
  const { admin } = await startStack({ POLICY_SETTINGS: 'holdMsMax=150' })
  const now = async () => [
    (await read(admin, 'POLICY'))?.value,
    ...[await read(admin, 'POLICY_SETTINGS')].flatMap(each => [each?.value, each?.from === 'operator']),
  ]
  const change = async (body: object) => (await patch(admin, body, '*'))[0]
  expect(await change({ POLICY: 'patient' })).toBe(200)
  expect(await now()).toEqual(['patient', '', true])
  expect(await change({ POLICY_SETTINGS: 'endHoldMs=100' })).toBe(200)
  expect(await change({ AUDIT_GUARD_MS: 2000 })).toBe(200)
  expect(await now()).toEqual(['patient', 'endHoldMs=100', true])
  expect(await change({ POLICY_SETTINGS: null })).toBe(200)
  expect(await now()).toEqual(['patient', '', true])
  expect(await change({ POLICY: null })).toBe(200)
  expect(await now()).toEqual(['default-first', 'holdMsMax=150', false])
  expect(await change({ POLICY: 'patient', POLICY_SETTINGS: 'endHoldMs=1' })).toBe(200)
  expect(await change({ POLICY: 'default-first' })).toBe(200)
  expect(await now()).toEqual(['default-first', 'holdMsMax=150', false])
  const { entries } = (await (await fetch(`${admin}/audit`)).json()) as { entries: { after: object }[] }
  expect(entries.at(-1)?.after).toEqual({ POLICY: 'patient', POLICY_SETTINGS: '' })
})

test('with a journal the next process has the changes, and leaves out those that do not fit its settings', async () => {
  const twins = await startTwins()
  const JOURNAL_DIR = temporaryDirectory()
  const first = await startOn(twins, { JOURNAL_DIR })
  await patch(`http://127.0.0.1:${first.adminPort}`, { IN_FLIGHT_COUNT_MAX: 50, POLICY: 'patient' }, '*')
  await first.stop()
  const second = await startOn(twins, { JOURNAL_DIR })
  const admin = `http://127.0.0.1:${second.adminPort}`
  expect(await read(admin, 'IN_FLIGHT_COUNT_MAX')).toMatchObject({ value: 50, from: 'operator' })
  expect(await etag(admin)).toBe('"1"')
  const node = await connect(second.channelPort)
  pay(node, 3)
  await until(async () => (await totals(node))[0]?.count === 3)
  await second.stop()
  const third = await startOn(twins, { JOURNAL_DIR, IN_FLIGHT_COUNT_MAX: '20' })
  const last = `http://127.0.0.1:${third.adminPort}`
  expect(await read(last, 'IN_FLIGHT_COUNT_MAX')).toMatchObject({ value: 20 })
  expect(await read(last, 'POLICY')).toMatchObject({ value: 'default-first' })
})

test('the log level can be changed, also for the next process', async () => {
  const twins = await startTwins()
  const JOURNAL_DIR = temporaryDirectory()
  const first = await startOn(twins, { JOURNAL_DIR })
  const admin = `http://127.0.0.1:${first.adminPort}`
  const requests = () => lines.filter(({ msg }) => msg === 'admin request').map(({ url }) => url)
  await fetch(`${admin}/health`)
  await patch(admin, { LOG_LEVEL: 'debug' }, '*')
  await fetch(`${admin}/ready`)
  await until(() => requests().includes('/ready'))
  expect(requests()).not.toContain('/health')
  expect(await read(admin, 'LOG_LEVEL')).toMatchObject({
    value: 'debug',
    from: 'operator',
    isChangeable: true,
  })
  expect((await patch(admin, { LOG_LEVEL: 'loud' }, '*'))[0]).toBe(400)
  await patch(admin, { LOG_LEVEL: 'warn' }, '*')
  await first.stop()
  lines.splice(0)
  const second = await startOn(twins, { JOURNAL_DIR, LOG_LEVEL: 'info' })
  const again = `http://127.0.0.1:${second.adminPort}`
  expect(await read(again, 'LOG_LEVEL')).toMatchObject({ value: 'warn' })
  const node = await connect(second.channelPort)
  pay(node, 1)
  await until(async () => (await totals(node))[0]?.count === 1)
  expect(lines.at(-1)).toMatchObject({ msg: 'settings are those that a person has set' })
  await patch(again, { LOG_LEVEL: null }, '*')
  expect(await read(again, 'LOG_LEVEL')).toMatchObject({ value: 'info' })
})
