import { expect, test } from 'vitest'
import { conflictCountMax } from '../limits.ts'
import { batch, Coordinator, JournalingCoordinator, range } from '../testing.ts'
import { TestChannel } from './testing.ts'

/** Conflicts: payments that the coordinator does not take. These tests use one kind of conflict. */
const conflict = { kind: 'rejected', reason: 'the processor answered 400' } as const

function listening(coordinator = new Coordinator()) {
  const channel = new TestChannel()
  channel.listen(coordinator)
  return { channel, coordinator, time: channel.time }
}

test('a conflict is told with its payment’s sequence number, before the acknowledgement that covers it', () => {
  const { channel, coordinator, time } = listening()
  const node = channel.connectedNode()
  node.offer(1, 3)
  time.settle()
  coordinator.conflicts.push({ index: 1, ...conflict }, { index: 2, kind: 'amount', reason: '' })
  node.offer(4, 6)
  time.settle()
  expect(node.heard).toEqual(['acknowledged 0', 'acknowledged 3', 'rejected 5', 'amount 6', 'acknowledged 6'])
})

test('when the first payments of a batch were taken before, its conflicts are counted from the first new payment', () => {
  const { channel, coordinator, time } = listening()
  const peer = channel.peer()
  peer.send(batch(1, 3))
  time.settle()
  coordinator.conflicts.push({ index: 0, ...conflict })
  peer.send(batch(2, 6))
  time.settle()
  expect(peer.take('conflict')).toEqual({ type: 'conflict', sequence: 4, ...conflict })
})

test.each([
  ['the connection breaks before it is told', new Coordinator()],
  ['the same, with a journal that has it in the meantime', new JournalingCoordinator()],
])('%s: it is told again, before anything covers it', (_, coordinator) => {
  const { channel, time } = listening(coordinator)
  const node = channel.connectedNode()
  const [first] = channel.wires
  coordinator.conflicts.push({ index: 1, ...conflict })
  if (first === undefined) throw new Error('there is a first connection')
  first.held = true
  node.offer(1, 3)
  time.settle()
  if (coordinator instanceof JournalingCoordinator) coordinator.sync()
  expect([coordinator.amounts, node.heard]).toEqual([range(1, 3), ['acknowledged 0']])
  first.cut()
  time.pass(5000)
  if (coordinator instanceof JournalingCoordinator) coordinator.sync()
  time.pass(5000)
  expect(node.heard.slice(0, 4)).toEqual(['acknowledged 0', 'acknowledged 0', 'rejected 2', 'acknowledged 3'])
  expect([coordinator.amounts, node.end.unacknowledgedCount]).toEqual([range(1, 3), 0])
})

test('a node whose upward connection breaks sends no goodbye, so the coordinator keeps its conflicts for it', () => {
  const channel = new TestChannel()
  const peers = channel.rawCoordinator()
  const node = channel.connectedNode()
  const [peer] = peers
  channel.wires[1]?.ends[0].close('read ECONNRESET')
  channel.time.settle()
  expect([node.end.connected, peer?.closed, peer?.take('goodbye')]).toEqual([false, true, undefined])
})

test('a conflict that an acknowledgement has covered is not told again', () => {
  const { channel, coordinator, time } = listening()
  const node = channel.connectedNode()
  coordinator.conflicts.push({ index: 0, ...conflict })
  node.offer(1, 1)
  time.settle()
  channel.wires[0]?.cut()
  time.pass(5000)
  expect(node.heard).toEqual(['acknowledged 0', 'rejected 1', 'acknowledged 1', 'acknowledged 1'])
})

test('an orphan’s conflicts are told to the node that comes back', () => {
  const { channel, coordinator, time } = listening()
  const peer = channel.peer()
  peer.stream.destroy()
  time.settle()
  coordinator.conflicts.push({ index: 1, ...conflict })
  peer.send(batch(1, 3))
  time.settle()
  const again = channel.peer()
  expect(again.take('welcome')).toMatchObject({ acknowledgedSequence: 0 })
  expect(again.take('conflict')).toMatchObject({ sequence: 2 })
})

test('after a reconnect the latest conflicts are told again, up to a limit', () => {
  const { channel, coordinator, time } = listening()
  const peer = channel.peer()
  peer.stream.destroy()
  time.settle()
  for (const index of range(0, conflictCountMax)) coordinator.conflicts.push({ index, ...conflict })
  peer.send(batch(1, conflictCountMax + 1))
  time.settle()
  const told = channel.peer().messages.filter(({ type }) => type === 'conflict')
  expect([told.length, told[0]]).toMatchObject([conflictCountMax, { sequence: 2 }])
})

test.each([
  ['was not sent', 4],
  ['is acknowledged', 1],
])('a conflict of a payment that %s ends the connection', (_, sequence) => {
  const channel = new TestChannel()
  const peers = channel.rawCoordinator()
  const node = channel.connectedNode()
  node.offer(1, 3)
  channel.time.settle()
  const ack = {
    type: 'ack',
    sequence: 1,
    queuedSequence: 3,
    windowCount: 10,
    roomShort: false,
    retryAfterSeconds: 0,
  } as const
  peers[0]?.send(ack, { type: 'conflict', sequence, ...conflict })
  channel.time.settle()
  expect(node.problems).toEqual([
    `called: the coordinator broke the protocol: conflict of ${sequence}, which is not on the way`,
  ])
})
