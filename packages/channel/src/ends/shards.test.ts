import { shardOf } from '@rinha/payment'
import { expect, test } from 'vitest'
import { Coordinator, paymentId, range, secret, testCrypto } from '../testing.ts'
import { CoordinatorEnd } from './coordinator-end.ts'
import { coordinatorOptions, TestChannel } from './testing.ts'

test('a node is welcomed by the coordinator of its shard', () => {
  const channel = new TestChannel()
  channel.listen(new Coordinator(), { shard: { index: 3, count: 4 } })
  channel.connectedNode({ shard: { index: 3, count: 4 } })
})

test.each([
  [{ index: 2, count: 4 }, { index: 1, count: 2 }, 'shard 2 of 4', 'shard 1 of 2'],
  [{ index: 2, count: 4 }, { index: 3, count: 4 }, 'shard 2 of 4', 'shard 3 of 4'],
  [{ index: 0, count: 2 }, undefined, 'shard 0 of 2', 'shard 0 of 1'],
  [undefined, { index: 0, count: 2 }, 'shard 0 of 1', 'shard 0 of 2'],
] as const)('a coordinator of %o refuses a node of %o, and both say why', (shard, asked, ours, theirs) => {
  const channel = new TestChannel()
  const coordinator = new Coordinator()
  const end = channel.listen(coordinator, shard && { shard })
  const node = channel.node(asked && { shard: asked })
  node.offer(1, 5)
  channel.time.pass(2000)
  const reason = `this coordinator is ${ours}, and the node asks for ${theirs}: SHARDS and COORDINATORS must be the same everywhere`
  expect(node.problems).toEqual([expect.stringContaining(reason)])
  expect(channel.problems.join()).toContain(reason)
  expect([node.end.connected, end.nodes, coordinator.amounts]).toEqual([false, [], []])
})

test('a standby of another shard says so before it names a leader', () => {
  const channel = new TestChannel()
  const { time: timers, chance } = channel
  const options = { ...coordinatorOptions, shard: { index: 1, count: 2 }, leader: () => 'b:1' }
  const end = new CoordinatorEnd(options, undefined, { timers, chance, crypto: testCrypto(secret) })
  channel.door = stream => end.onConnection(stream)
  const peer = channel.peer()
  expect(peer.take('refuse')).toMatchObject({ code: 'shard' })
})

test('a payment of another shard breaks the protocol, and nothing of its frame is taken', () => {
  const channel = new TestChannel()
  const coordinator = new Coordinator()
  const shard = { index: 0, count: 2 }
  channel.listen(coordinator, { shard })
  const node = channel.connectedNode({ shard })
  const numbersOf = (index: number) => range(1, 20).filter(number => shardOf(paymentId(number), 2) === index)
  for (const number of numbersOf(0)) node.offer(number, number)
  channel.time.pass(100)
  expect(coordinator.amounts).toEqual(numbersOf(0))
  node.offer(numbersOf(0)[0] ?? 0, 5)
  node.offer(numbersOf(1)[0] ?? 0, 5)
  channel.time.pass(100)
  expect(coordinator.amounts).toHaveLength(numbersOf(0).length)
  expect(channel.problems.join()).toContain('broke the protocol: a payment of another shard')
})
