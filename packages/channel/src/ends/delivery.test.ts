import { expect, test } from 'vitest'
import { Coordinator, paymentId, range } from '../testing.ts'
import type { NodeEndOptions } from './options.ts'
import { TestChannel } from './testing.ts'

/** Both ends of a channel, connected. */
function pair(options: Partial<NodeEndOptions> = {}) {
  const channel = new TestChannel()
  const coordinator = new Coordinator()
  const end = channel.listen(coordinator)
  return { channel, coordinator, end, node: channel.connectedNode(options), time: channel.time }
}

test('payments of one turn arrive in one batch, in order, and are acknowledged', () => {
  const { coordinator, end, node, time } = pair()
  expect(end.nodes).toEqual(['api1'])
  node.offer(1, 300)
  expect(node.end.unacknowledgedCount).toBe(300)
  expect(node.end.holdsPayment(paymentId(7))).toBe(true)
  time.settle()
  expect(node.end.unacknowledgedCount).toBe(0)
  expect(coordinator.amounts).toEqual(range(1, 300))
  expect(coordinator.batchCounts).toEqual([300])
  expect(node.end.holdsPayment(paymentId(7))).toBe(false)
})

test('a flush writes the payments that the turn has offered so far, and no others', () => {
  const { coordinator, node, time } = pair()
  node.offer(1, 2)
  node.end.flush()
  node.end.flush()
  node.offer(3, 5)
  node.end.flush()
  node.offer(6, 6)
  time.settle()
  expect(coordinator.amounts).toEqual(range(1, 6))
  expect(coordinator.batchCounts).toEqual([2, 3, 1])
})

test('payments taken before there was a connection go out with the welcome, in frames of the stated size', () => {
  const channel = new TestChannel()
  const coordinator = new Coordinator()
  channel.listen(coordinator)
  const node = channel.node()
  node.end.flush()
  node.offer(1, 2500)
  channel.time.settle()
  expect(coordinator.amounts).toEqual(range(1, 2500))
  expect(coordinator.batchCounts).toEqual([1024, 1024, 452])
})

test('a request is answered before the payments that were offered ahead of it in its turn', () => {
  const { coordinator, node, time } = pair()
  node.offer(1, 2000)
  const answers = node.ask('status', { correlationId: paymentId(1) })
  time.settle()
  expect(answers).toEqual([{ ok: true, value: { state: 'queued', amountCents: 5 } }])
  expect(coordinator.order).toEqual(['status', 'payments', 'payments'])
})

test('a payment gets a sequence number, and a listener is told through which number the coordinator has payments', () => {
  const { channel, node, time } = pair()
  expect(node.offer(1, 3)).toEqual([1, 2, 3])
  time.settle()
  expect(node.acknowledged.at(-1)).toEqual([3, 0])
  channel.wires.at(-1)?.cut()
  expect(node.offer(4, 4)).toEqual([4])
  time.settle()
  expect(node.acknowledged.at(-1)).toEqual([3, 0])
  time.pass(200)
  expect(node.acknowledged.at(-1)).toEqual([4, 0])
  const queued = node.acknowledged.map(([sequence]) => sequence)
  expect(queued).toEqual([...queued].sort((a, b) => a - b))
})

test('a full buffer takes no payment, and takes one again after an acknowledgement', () => {
  const { coordinator, node, time } = pair({ bufferCountMax: 3 })
  expect(node.offer(1, 4)).toEqual([1, 2, 3, undefined])
  time.settle()
  expect(node.offer(4, 4)).toEqual([4])
  time.settle()
  expect(coordinator.amounts).toEqual([1, 2, 3, 4])
})

test('a buffer without an acknowledgement for its maximum age takes no payment until the next acknowledgement', () => {
  const channel = new TestChannel()
  const node = channel.node({ bufferAgeMsMax: 800 })
  expect(node.offer(1, 1)).toEqual([1])
  channel.time.pass(799)
  expect(node.offer(2, 2)).toEqual([2])
  channel.time.pass(1)
  expect(node.offer(3, 3)).toEqual([undefined])
  channel.listen()
  channel.time.pass(200)
  expect(node.end.unacknowledgedCount).toBe(0)
  expect(node.offer(3, 3)).toEqual([3])
})

test('a handshake, payments, requests and their answers survive being read a byte at a time', () => {
  const channel = new TestChannel()
  channel.onWire = wire => {
    wire.pieceBytes = 1
  }
  const coordinator = new Coordinator()
  channel.listen(coordinator)
  const node = channel.connectedNode()
  node.offer(1, 20)
  const answers = node.ask('summary', { fromMs: null, toMs: 2 ** 41 })
  channel.time.settle()
  const totals = [{ processor: 'default', count: 3, amountCents: 5970 }]
  expect(answers).toEqual([{ ok: true, value: { totals, completeUpToMs: 7 } }])
  expect(coordinator.amounts).toEqual(range(1, 20))
  expect(node.end.unacknowledgedCount).toBe(0)
})

test.each([
  ['the first', 1],
  ['the upward', 2],
])('when %s connection breaks at any byte, no payment is lost and none is delivered twice', (_, ordinal) => {
  const wholeBytes = conversation(Number.POSITIVE_INFINITY)
  expect(wholeBytes).toBeGreaterThan(150)
  for (const brokenAt of range(1, wholeBytes)) conversation(brokenAt)

  /** Breaks the connection after `brokenAt` bytes. Returns the number of bytes that it carried. */
  function conversation(brokenAt: number): number {
    const channel = new TestChannel()
    const carriedBytesMax = Math.min(brokenAt, 1_000_000)
    channel.onWire = wire => {
      if (channel.wires.length === ordinal) wire.bytesLeft = carriedBytesMax
    }
    const coordinator = new Coordinator()
    channel.listen(coordinator)
    const node = channel.node()
    node.offer(1, 2)
    channel.time.settle()
    node.offer(3, 5)
    channel.time.pass(500)
    expect([brokenAt, node.end.unacknowledgedCount, coordinator.amounts]).toEqual([brokenAt, 0, range(1, 5)])
    return carriedBytesMax - (channel.wires[ordinal - 1]?.bytesLeft ?? 0)
  }
})

test('connections that break under load, in the middle of frames, lose no payment and deliver none twice', () => {
  const channel = new TestChannel()
  channel.onWire = wire => {
    wire.bytesLeft = 700 + 777 * (channel.wires.length % 5)
  }
  const coordinator = new Coordinator()
  channel.listen(coordinator)
  const node = channel.node()
  for (const burst of range(0, 119)) {
    node.offer(burst * 50 + 1, burst * 50 + 50)
    channel.time.pass(7)
  }
  expect(channel.wires.length).toBeGreaterThan(12)
  expect(node.end.unacknowledgedCount).toBeGreaterThan(0)
  channel.onWire = () => {}
  channel.time.pass(1000)
  expect(coordinator.amounts).toEqual(range(1, 6000))
  expect(node.end.unacknowledgedCount).toBe(0)
})

test('close sends the buffered payments, waits for their acknowledgement and takes no more payments', () => {
  const { channel, coordinator, end, node, time } = pair()
  node.offer(1, 5000)
  const closed: number[] = []
  node.end.close(2000, () => closed.push(time.nowMs))
  expect(node.offer(9, 9)).toEqual([undefined])
  expect(closed).toEqual([])
  time.settle()
  expect(closed).toEqual([0])
  expect(node.end.connected).toBe(false)
  expect(coordinator.amounts).toEqual(range(1, 5000))
  expect(end.nodes).toEqual([])
  time.pass(60_000)
  expect([channel.wires.length, closed]).toEqual([2, [0]])
})

test('close gives up on the drain when its time is over, and not before', () => {
  const channel = new TestChannel()
  const node = channel.node()
  node.offer(1, 5)
  const closed: number[] = []
  node.end.close(1000, () => closed.push(channel.time.nowMs))
  channel.time.pass(60_000)
  expect(closed).toEqual([1000])
  expect(node.end.unacknowledgedCount).toBe(5)
  const wireCount = channel.wires.length
  channel.time.pass(60_000)
  expect(channel.wires.length).toBe(wireCount)
})

test('a coordinator that restarts takes the unacknowledged payments, and only those', () => {
  const channel = new TestChannel()
  const coordinator = new Coordinator()
  const first = channel.listen(coordinator)
  const node = channel.connectedNode()
  node.offer(1, 10)
  channel.time.settle()
  first.close()
  channel.time.settle()
  expect(node.end.connected).toBe(false)
  node.offer(11, 20)
  channel.listen(coordinator)
  channel.time.pass(200)
  expect(coordinator.amounts).toEqual(range(1, 20))
  expect(node.problems.some(problem => problem.includes('restarted'))).toBe(true)
})
