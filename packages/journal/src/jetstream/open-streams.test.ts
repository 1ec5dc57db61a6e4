import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from '@nats-io/jwt'
import { connect, nkeys } from '@nats-io/transport-node'
import { freePorts } from '@rinha/service'
import { natsServer, temporaryDirectory } from '@rinha/testing'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { JetStreamLog } from './index.ts'

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A server at a free port; `start` lets it begin. `logins` is the part of its configuration about who may log in. */
async function server(logins = '') {
  const [port = 0] = await freePorts(1)
  const program = await natsServer()
  const directory = temporaryDirectory()
  writeFileSync(
    join(directory, 'nats.conf'),
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${directory}" }\n${logins}\n`,
  )
  return {
    start: () => {
      children.push(spawn(program, ['-c', join(directory, 'nats.conf')], { stdio: 'ignore' }))
    },
    options: { servers: [`127.0.0.1:${port}`], shard: 's', replicaCount: 1, logBytesMax: 2 ** 24 },
  }
}

/** The words of its refusal; `undefined` where it opens. */
async function refusal(options: Parameters<typeof JetStreamLog.open>[0]): Promise<string | undefined> {
  try {
    await (await JetStreamLog.open(options)).close()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

test('a server that is started later is waited for, and each wait is told', async () => {
  const { start, options } = await server()
  const waits: string[] = []
  const onWait = (words: string) => {
    waits.push(words)
    if (waits.length === 2) start()
  }
  expect(await refusal({ ...options, onWait })).toBeUndefined()
  expect(waits.slice(0, 2)).toEqual(['connection refused', 'connection refused'])
})

test('a server that does not come is waited for no longer than is said', async () => {
  const { options } = await server()
  const waits: string[] = []
  const onWait = (words: string) => waits.push(words)
  expect(await refusal({ ...options, onWait, waitMsMax: 0 })).toBe('connection refused')
  expect(waits).toEqual([])
})

test('a log that is not there is told of; one that was removed while its snapshots are there is refused', async () => {
  const { start, options } = await server()
  start()
  let newCount = 0
  const onNew = () => {
    newCount += 1
  }
  expect(await refusal({ ...options, onNew })).toBeUndefined()
  expect(await refusal({ ...options, onNew: expect.fail })).toBeUndefined()
  const connection = await connect({ servers: [...options.servers] })
  onTestFinished(() => connection.close())
  const { streams } = await jetstreamManager(connection)
  await jetstream(connection).publish('snapshots.s.1.1', new Uint8Array(1))
  await streams.delete('LOG_s')
  const onWait = expect.fail
  expect(await refusal({ ...options, onNew: expect.fail, onWait })).toMatch(
    /^the stream LOG_s is gone, and SNAPSHOTS_s has parts/,
  )
  await streams.delete('SNAPSHOTS_s')
  expect(await refusal({ ...options, onNew })).toBeUndefined()
  expect(newCount).toBe(2)
})

test('the seed of an nkey is a login; another seed is refused at once', async () => {
  const user = nkeys.createUser()
  const seedOf = (pair: typeof user) => `${new TextDecoder().decode(pair.getSeed())}\n`
  const { start, options } = await server(`authorization { users: [{ nkey: ${user.getPublicKey()} }] }`)
  start()
  expect(await refusal({ ...options, credentials: seedOf(user) })).toBeUndefined()
  const onWait = expect.fail
  expect(await refusal({ ...options, onWait, credentials: seedOf(nkeys.createUser()) })).toMatch(
    /Authorization/,
  )
})

test('a file of a JWT and its seed is a login; one of another account, and a file of something else, are refused at once', async () => {
  const operator = nkeys.createOperator()
  const [account, other, system] = [nkeys.createAccount(), nkeys.createAccount(), nkeys.createAccount()]
  const limits = {
    disk_storage: -1,
    mem_storage: -1,
    streams: -1,
    consumer: -1,
    subs: -1,
    conn: -1,
    data: -1,
    payload: -1,
  }
  const preload = await Promise.all(
    [account, system].map(async (key, index) => {
      const jwt = await encodeAccount(`a${index}`, key, index === 0 ? { limits } : {}, { signer: operator })
      return `${key.getPublicKey()}: ${jwt}`
    }),
  )
  const { start, options } = await server(
    `operator: ${await encodeOperator('o', operator)}\nsystem_account: ${system.getPublicKey()}\nresolver: MEMORY\nresolver_preload: { ${preload.join(', ')} }`,
  )
  start()
  const credentialsOf = async (of: typeof account) => {
    const user = nkeys.createUser()
    return new TextDecoder().decode(fmtCreds(await encodeUser('u', user, of), user))
  }
  expect(await refusal({ ...options, credentials: await credentialsOf(account) })).toBeUndefined()
  const onWait = expect.fail
  expect(await refusal({ ...options, onWait, credentials: await credentialsOf(other) })).toMatch(
    /Authorization/,
  )
  expect(await refusal({ ...options, onWait, credentials: 'no credentials' })).toMatch(
    /unable to parse credentials/,
  )
})
