import { expect, test } from 'vitest'
import { defaultOptions, sharedPort } from './options.ts'

test('at their usual places no two share a port', () => {
  expect(sharedPort(defaultOptions)).toBeUndefined()
})

test('one port for two purposes is refused, naming both', () => {
  expect(sharedPort({ ...defaultOptions, adminPort: 9101 })).toMatch(
    /port 9101 is given twice, to the own port of api1 \(--node-ports\) and .*admin port \(--admin-port\)/,
  )
})

test('each shard has ports of its own', () => {
  const close = { ...defaultOptions, shards: 2, channelPort: 9089 }
  expect(sharedPort(close)).toMatch(/port 9090 is given twice, to shard 1's channel .*shard 0's admin port/)
  expect(sharedPort({ ...close, channelPort: 9400 })).toBeUndefined()
})
