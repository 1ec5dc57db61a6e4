import { createServer } from 'node:net'
import { Cluster, defaultOptions, planCluster } from '@rinha/local-cluster'
import { listen, outcomeOf } from '@rinha/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { banner, cluster, overriddenVariable } from './cluster.ts'

function parsed(line: string) {
  const result = cluster.parse(line.split(' ').filter(word => word !== ''))
  if (result === 'help' || !result.ok) throw new Error(`not accepted: ${line}`)
  return result.value
}

const said = (...argv: readonly string[]) => outcomeOf(cluster, ...argv)

const { defaultFeeBps, fallbackFeeBps, ...ports } = defaultOptions

test('without options all addresses are the usual ones', () => {
  expect(parsed('')).toEqual({ ...ports, defaultFee: defaultFeeBps, fallbackFee: fallbackFeeBps })
})

test('every address and fee can be changed', () => {
  const line =
    '--host 0.0.0.0 --port 1 --node-ports 2,3,4 --default-port 5 --fallback-port 6 --channel-port 7 --admin-port 8 --shards 2 ' +
    '--default-fee 0.07 --fallback-fee .1'
  expect(parsed(line)).toEqual({
    host: '0.0.0.0',
    port: 1,
    nodePorts: [2, 3, 4],
    defaultPort: 5,
    fallbackPort: 6,
    shards: 2,
    channelPort: 7,
    adminPort: 8,
    defaultFee: 700,
    fallbackFee: 1000,
  })
})

describe('a wrong option is answered with its name, its value and what is allowed', () => {
  test.each([
    ['--port 0', '--port "0" is not allowed: a whole number from 1 to 65535'],
    ['--port 65536', '--port "65536" is not allowed'],
    ['--port 80a', '--port "80a" is not allowed'],
    ['--node-ports 9101,', '--node-ports "9101," is not allowed: 1 to 16 ports'],
    ['--node-ports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17', 'is not allowed: 1 to 16 ports'],
    ['--default-fee 5', '--default-fee "5" is not allowed: a part from 0 to 1'],
    ['--node-port 1', 'did you mean --node-ports?'],
    ['--shards 65', '--shards "65" is not allowed: a whole number from 1 to 64'],
    ['--admin-port 9101', 'cluster: port 9101 is given twice'],
  ])('%s', async (line, words) => {
    const { code, stdout, stderr } = await said(...line.split(' '))
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(words)
  })
})

test('a taken port is reported with the option that changes it, and no process is started', async () => {
  const port = await listen(createServer(), '0.0.0.0')
  expect(await said('--port', `${port}`)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`port ${port} .*choose another with --port`)),
  })
})

test('a variable that the cluster sets itself is refused, with the option or the way to set it', async () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('PROCESSORS', 'default=http://localhost:1@0.05')
  const { code, stdout, stderr } = await said()
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/PROCESSORS would have no effect.*--default-port.*start the processes by hand/)
})

test('every variable that an option sets is refused, and no other', () => {
  const plans = planCluster(defaultOptions, 'a secret', {}).flat()
  const names = new Set(plans.flatMap(({ environment }) => Object.keys(environment)))
  // These are not refused: the names of the simulated processors' variables are too general to be meant for them, and
  // the addresses of one machine are of no use elsewhere.
  const left = [
    'PROCESSOR_NAME',
    'FEE',
    'TOKEN',
    'NODE_NAME',
    'CHANNEL_HOST',
    'ADMIN_HOST',
    'COORDINATOR_HOST',
  ]
  for (const name of names)
    expect([name, overriddenVariable({ [name]: 'x' }) === undefined]).toEqual([name, left.includes(name)])
  expect(overriddenVariable({ POLICY: 'patient', LOG_LEVEL: 'info' })).toBeUndefined()
})

test('the banner says where everything is', () => {
  const addresses = {
    public: 'a:1',
    nodes: ['a:2', 'a:3'],
    default: 'a:4',
    fallback: 'a:5',
    admin: 'a:6',
    admins: ['a:6'],
  }
  const text = banner(addresses)
  for (const address of Object.values(addresses).flat()) expect(text).toContain(address)
  expect(text).toMatch(/"correlationId":"[0-9a-f-]{36}"/)
})

test('with shards, the banner has the admin port of each', () => {
  const { addresses } = new Cluster({ shards: 3, adminPort: 7000 })
  expect(banner(addresses)).toMatch(/coordinator 2 +http:\/\/localhost:7002\/queue-status/)
})

test('the operator’s token is written on a terminal only; elsewhere the file that has it', () => {
  const addresses = {
    public: 'a:1',
    nodes: [],
    default: 'a:4',
    fallback: 'a:5',
    admin: 'a:6',
    admins: ['a:6'],
  }
  const admin = { token: 'the-token', tokenFile: '/run/admin-9090.token' }
  expect(banner(addresses, admin, true)).toContain('a:6/#token=the-token\n')
  expect(banner(addresses, admin, true)).not.toContain(admin.tokenFile)
  const elsewhere = banner(addresses, admin, false)
  expect(elsewhere).not.toContain('the-token')
  expect(elsewhere).toContain("  operator's page      a:6/\n  operator's token     /run/admin-9090.token\n")
})
