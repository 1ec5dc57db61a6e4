import { expect, test } from 'vitest'
import { askerCountMax } from '../limits.ts'
import { Coordinator } from '../testing.ts'
import { TestChannel } from './testing.ts'

/** A client without a buffer for payments, such as the coordinator of another shard. */
const asker = { nodeName: 'shard-1', bufferCountMax: 0 }

test('a client that brings no payments asks, and is no API node', () => {
  const channel = new TestChannel()
  const end = channel.listen(new Coordinator(), { nodeCountMax: 1 })
  const client = channel.connectedNode(asker)
  expect([end.nodes, end.nodeLoads, end.outstandingCount]).toEqual([[], [], 0])
  const answers = client.ask('summary', { fromMs: null, toMs: null })
  channel.time.settle()
  expect(answers).toEqual([expect.objectContaining({ ok: true })])
  // It takes no payment, so it offers none.
  expect(client.offer(1, 1)).toEqual([undefined])
})

test('it takes no place of a node, and holds back no room for payments when it goes', () => {
  const channel = new TestChannel()
  const end = channel.listen(new Coordinator(), { nodeCountMax: 1 })
  channel.connectedNode(asker)
  const node = channel.connectedNode({ nodeName: 'api1' })
  node.offer(1, 3)
  channel.time.settle()
  expect(end.nodes).toEqual(['api1'])
  const before = end.outstandingCount
  channel.wires[0]?.cut()
  channel.time.pass(1000)
  expect([end.nodes, end.outstandingCount]).toEqual([['api1'], before])
})

test('more of them than there can be shards are refused', () => {
  const channel = new TestChannel()
  channel.listen(new Coordinator(), {})
  for (let count = 0; count < askerCountMax; count += 1) channel.connectedNode(asker)
  const late = channel.node(asker)
  channel.time.pass(1000)
  expect(late.problems.join()).toContain(`${askerCountMax} nodes are connected, as many as are allowed`)
})
