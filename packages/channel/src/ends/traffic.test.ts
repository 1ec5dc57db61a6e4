import { expect, test } from 'vitest'
import type { ChannelTraffic } from '../port.ts'
import { TestChannel } from './testing.ts'

const turned = ({ sentCount, sentBytes, receivedCount, receivedBytes }: ChannelTraffic): ChannelTraffic => ({
  ...{ sentCount: receivedCount, sentBytes: receivedBytes },
  ...{ receivedCount: sentCount, receivedBytes: sentBytes },
})

test('both ends count the same frames and bytes, of both connections, from the first one on', () => {
  const channel = new TestChannel()
  const end = channel.listen()
  const node = channel.connectedNode({ nodeName: 'api1' })
  const [before] = end.nodeLoads
  // HELLO and PROOF; CHALLENGE and WELCOME.
  expect(before).toMatchObject({ node: 'api1', traffic: { sentCount: 2, receivedCount: 2 } })
  node.offer(1, 10)
  channel.time.settle()
  const [load] = end.nodeLoads
  expect(load?.traffic).toMatchObject({ sentCount: 3, receivedCount: 3 })
  expect(load?.traffic.receivedBytes).toBeGreaterThan((before?.traffic.receivedBytes ?? 0) + 10 * 24)
  expect(node.end.traffic).toEqual(turned(load?.traffic as ChannelTraffic))
})

test('the connected nodes of one name are counted together, and a node that has gone is not counted', () => {
  const channel = new TestChannel()
  const end = channel.listen()
  const nodes = ['api1', 'api2', 'api1'].map(nodeName => channel.connectedNode({ nodeName }))
  expect(end.nodeLoads.map(({ node, traffic }) => [node, traffic.sentCount])).toEqual([
    ['api1', 4],
    ['api2', 2],
  ])
  for (const node of nodes.slice(1)) node.end.close(0, () => {})
  channel.time.settle()
  expect(end.nodeLoads.map(({ node, traffic }) => [node, traffic.sentCount])).toEqual([['api1', 2]])
})

test('a node counts over all connections it ever had, the coordinator over the present ones', () => {
  const channel = new TestChannel()
  const end = channel.listen()
  const node = channel.connectedNode()
  channel.wires.at(-1)?.cut()
  channel.time.pass(1000)
  expect(node.end.traffic.sentCount).toBeGreaterThanOrEqual(4)
  expect(end.nodeLoads.map(({ traffic }) => traffic.sentCount)).toEqual([2])
})
