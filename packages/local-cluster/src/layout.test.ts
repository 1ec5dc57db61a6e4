import { expect, test } from 'vitest'
import { planCluster } from './layout.ts'
import { defaultOptions } from './options.ts'

const stages = planCluster(defaultOptions, 'a secret')

test('the processors start first, then the coordinator, then the API nodes that need it', () => {
  const names = stages.map(stage => stage.map(plan => plan.name))
  expect(names).toEqual([['processor-default', 'processor-fallback'], ['coordinator'], ['api1', 'api2']])
})

test('the coordinator is told where the processors listen and what they charge', () => {
  const [[defaultTwin, fallbackTwin] = [], [coordinator] = []] = stages
  expect(coordinator?.environment.PROCESSORS).toBe(
    `default=http://localhost:${defaultTwin?.environment.PORT}@${defaultTwin?.environment.FEE},` +
      `fallback=http://localhost:${fallbackTwin?.environment.PORT}@${fallbackTwin?.environment.FEE}`,
  )
})

test('the API nodes share the public port and each has one of its own', () => {
  const nodes = stages[2] ?? []
  expect(nodes.map(node => node.environment.PORT)).toEqual(['9999', '9999'])
  expect(nodes.map(node => node.environment.NODE_PORT)).toEqual(['9101', '9102'])
})

test('both ends of the channel know the same port and secret, and no processor knows the secret', () => {
  const [twins = [], [coordinator] = [], nodes = []] = stages
  for (const node of nodes) {
    expect(node.environment.COORDINATOR_PORT).toBe(coordinator?.environment.CHANNEL_PORT)
    expect(node.environment.CHANNEL_SECRET).toBe('a secret')
  }
  expect(coordinator?.environment.CHANNEL_SECRET).toBe('a secret')
  for (const twin of twins) expect(Object.values(twin.environment)).not.toContain('a secret')
})

test('the coordinator gets the setting that allows a purge', () => {
  const [[twin] = [], [coordinator] = [], [node] = []] = stages
  expect(coordinator?.environment.PURGE_ALLOWED).toBe('true')
  expect([twin, node].filter(plan => 'PURGE_ALLOWED' in (plan?.environment ?? {}))).toEqual([])
})

test('everything listens for this machine alone, unless a host is given for API nodes and processors', () => {
  const hostsOf = (host: string) => {
    const [twins = [], [coordinator] = [], nodes = []] = planCluster({ ...defaultOptions, host }, 'a secret')
    const { CHANNEL_HOST, ADMIN_HOST } = coordinator?.environment ?? {}
    expect([CHANNEL_HOST, ADMIN_HOST]).toEqual(['127.0.0.1', '127.0.0.1'])
    return new Set([...twins, ...nodes].map(({ environment }) => environment.HTTP_HOST))
  }
  expect(hostsOf(defaultOptions.host)).toEqual(new Set(['127.0.0.1']))
  expect(hostsOf('0.0.0.0')).toEqual(new Set(['0.0.0.0']))
})

test('with shards, API nodes know where each is', () => {
  const [, [coordinator] = [], nodes = []] = planCluster({ ...defaultOptions, shards: 2 }, 'a secret')
  expect(coordinator?.environment).toMatchObject({ SHARDS: '2', CHANNEL_PORT: '9400', ADMIN_PORT: '9090' })
  for (const { environment } of nodes) {
    expect(environment).toMatchObject({ SHARDS: '2', COORDINATORS: '127.0.0.1:9400;127.0.0.1:9401' })
    expect(environment).not.toHaveProperty('COORDINATOR_PORT')
  }
})
