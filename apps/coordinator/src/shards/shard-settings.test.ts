import { Pace } from '@rinha/routing'
import { parseSettings } from '@rinha/settings'
import { expect, test } from 'vitest'
import { engineOptions } from '../engine-options.ts'
import { coordinatorSchema, settingsProblem } from '../settings.ts'
import { adminPortsOf, ownShard, settingsOfShard, shardsOf, shardsProblem } from './shard-settings.ts'

function read(environment: Record<string, string>) {
  const settings = parseSettings(coordinatorSchema, environment)
  if (!settings.ok) throw new Error(settings.error.join('\n'))
  return settings.value
}

const problemOf = (environment: Record<string, string>) => {
  const settings = read(environment)
  return settingsProblem(settings) ?? shardsProblem(settings)
}

test('a process has the shards of its list, or all', () => {
  expect(shardsOf(read({}))).toEqual([0])
  expect(shardsOf(read({ SHARDS: '3' }))).toEqual([0, 1, 2])
  expect(shardsOf(read({ SHARDS: '3', SHARD: '2, 0' }))).toEqual([0, 2])
})

test('a shard has ports and a journal of its own', () => {
  const ports = { CHANNEL_PORT: '9400', ADMIN_PORT: '0', CHANNEL_ADDRESS: '[::1]:9500' }
  const settings = read({ SHARDS: '4', JOURNAL_DIR: '/journal', ...ports })
  expect(settingsOfShard(settings, 3)).toMatchObject({
    ...{ SHARD: [3, 0, 1, 2], CHANNEL_PORT: 9403, ADMIN_PORT: 0, CHANNEL_ADDRESS: '[::1]:9503' },
    ...{ JOURNAL_DIR: '/journal/shard-3', LOG_NAME: 'payments-3' },
  })
  expect(settingsOfShard(read({ SHARDS: '2' }), 1)).toMatchObject({ JOURNAL_DIR: '', CHANNEL_ADDRESS: '' })
})

test('a shard knows which it is, and where the others of its process are', () => {
  const settings = settingsOfShard(read({ SHARDS: '4', SHARD: '1,3', COORDINATORS: 'a:1' }), 3)
  expect(ownShard(settings)).toEqual({ index: 3, count: 4 })
  expect(adminPortsOf(settings)).toEqual([0, 9091, 0, 9093])
  const anyPort = settingsOfShard(read({ SHARDS: '2', ADMIN_PORT: '0' }), 1)
  expect(adminPortsOf(anyPort)).toEqual([0, 0])
})

test('shard 0 alone compares the books of processors, and knows where the other shards are', () => {
  const given = { SHARDS: '3', SHARD: '0,2', COORDINATORS: 'a:9400;b:9401,c:9401;d:9402' }
  const settings = read({ ...given, CHANNEL_HOST: '10.0.0.1', PROCESSOR_ADMIN_TOKENS: 'default=123' })
  expect(settingsOfShard(settings, 2).PROCESSOR_ADMIN_TOKENS.size).toBe(0)
  const { PROCESSOR_ADMIN_TOKENS, COORDINATORS } = settingsOfShard(settings, 0)
  expect(PROCESSOR_ADMIN_TOKENS.size).toBe(1)
  const addresses = COORDINATORS.map(each => each.map(({ host, port }) => `${host}:${port}`).join())
  expect(addresses).toEqual(['10.0.0.1:9400', 'b:9401,c:9401', '10.0.0.1:9402'])
})

test('what is set for all shards is never exceeded by them together, and one shard has all of it', () => {
  const limitsOf = (environment: Record<string, string>) => {
    const { lanes, pace, pollsHealth } = engineOptions(read(environment))
    return [lanes[0]?.limiter, pace.perSecondMax, pace.perSecondMaxAtEnd, pollsHealth]
  }
  expect(limitsOf({})).toEqual([{ countInitial: 6, countMax: 700 }, 2500, 5500, true])
  expect(limitsOf({ SHARDS: '3' })).toEqual([{ countInitial: 2, countMax: 233 }, 833, 1833, true])
  expect(limitsOf({ SHARDS: '64', SHARD: '5' })).toEqual([{ countInitial: 1, countMax: 10 }, 39, 85, false])
})

test.each(['1', '5', '6', '64'])(
  'a shard of %s has a pace even of the slowest drain that is allowed',
  SHARDS => {
    const environment = { SHARDS, SHARD: '0', DRAIN_PER_SECOND_MAX: '500', DRAIN_PER_SECOND_AT_END: '500' }
    const { pace } = engineOptions(read(environment))
    expect(() => new Pace(pace)).not.toThrow()
  },
)

test.each([
  [{ SHARDS: '4', SHARD: '0,1' }],
  [{ SHARDS: '2', SHARD: '1', COORDINATORS: 'a:9400,b:9400;a:9401' }],
  [{ SHARDS: '2', PROCESSOR_ADMIN_TOKENS: 'default=123' }],
  [{ SHARDS: '2', SHARD: '1', PROCESSOR_ADMIN_TOKENS: 'default=123', COORDINATORS: 'a:1' }],
  [{ SHARDS: '64', CHANNEL_PORT: '0', ADMIN_PORT: '0' }],
])('%j starts', environment => {
  expect(problemOf(environment)).toBeUndefined()
})

test.each([
  [{ SHARD: '1' }, /^SHARD has 1, and with SHARDS=1 the last shard is 0/],
  [{ SHARDS: '4', SHARD: '1' }, /^COORDINATORS is empty/],
  [{ SHARDS: '4', LOG_SERVERS: 'nats://a' }, /^COORDINATORS is empty/],
  [
    { SHARDS: '4', SHARD: '1', COORDINATORS: 'a:1;a:2' },
    /^COORDINATORS has the addresses of 2 shards, and SHARDS=4/,
  ],
  [{ SHARDS: '4', CHANNEL_PORT: '65533' }, /^CHANNEL_PORT=65533 leaves no port for shard 3/],
  [{ SHARDS: '4', CHANNEL_PORT: '9092' }, /^CHANNEL_PORT=9092 and ADMIN_PORT=9090 are too close/],
  [
    { SHARDS: '4', IN_FLIGHT_COUNT_MAX: '3', IN_FLIGHT_COUNT_INITIAL: '1' },
    /^IN_FLIGHT_COUNT_MAX .* SHARDS=4/,
  ],
  [
    { SHARDS: '4', SHARD: '0,2', PROCESSOR_ADMIN_TOKENS: 'default=123', COORDINATORS: 'a:1' },
    /^PROCESSOR_ADMIN_TOKENS .* shard 1 is: name every shard in COORDINATORS/,
  ],
  [
    { SHARDS: '2', CHANNEL_PORT: '0', PROCESSOR_ADMIN_TOKENS: 'default=123' },
    /^PROCESSOR_ADMIN_TOKENS .* shard 0 is: name every shard in COORDINATORS/,
  ],
])('%j do not go together', (environment, words) => {
  expect(problemOf(environment)).toMatch(words)
})

test.each([{ SHARDS: '0' }, { SHARDS: '65' }, { SHARD: '64' }, { SHARD: '0,0' }, { COORDINATORS: 'a:1;' }])(
  '%j is not allowed',
  environment => {
    expect(parseSettings(coordinatorSchema, environment).ok).toBe(false)
  },
)
