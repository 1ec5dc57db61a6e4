import { expect, test } from 'vitest'
import { ackGatherMs } from '../limits.ts'
import type { Message, OutgoingMessage } from '../messages.ts'
import { batch, Coordinator, JournalingCoordinator, type Peer } from '../testing.ts'
import { TestChannel } from './testing.ts'

/** Acknowledgements that no client waits for are gathered. */

function listening(coordinator: Coordinator) {
  const channel = new TestChannel()
  const end = channel.listen(coordinator)
  const { time } = channel
  /** Sends messages, and returns the messages that the peer gets after them. */
  const answersTo = (peer: Peer, ...messages: readonly OutgoingMessage[]): readonly Message[] => {
    peer.send(...messages)
    time.settle()
    return peer.messages.splice(0)
  }
  return { channel, end, time, answersTo }
}

const lazy = (first: number, last: number) => batch(first, last, false)

test('an acknowledgement that no client waits for comes some milliseconds later, for all nodes at once', () => {
  const { channel, time, answersTo } = listening(new Coordinator())
  const [peer, other] = [channel.peer(1), channel.peer(2)]
  for (const each of [peer, other]) each.take('welcome')
  expect(answersTo(peer, lazy(1, 10))).toEqual([])
  time.pass(ackGatherMs - 1)
  expect([...answersTo(peer, lazy(11, 12)), ...answersTo(other, lazy(1, 1))]).toEqual([])
  time.pass(1)
  expect([answersTo(peer), answersTo(other)]).toMatchObject([
    [{ type: 'ack', sequence: 12 }],
    [{ type: 'ack', sequence: 1 }],
  ])
  time.pass(5 * ackGatherMs)
  expect(answersTo(peer)).toEqual([])
})

test('an acknowledgement that a client waits for comes at once, covers all before it, and is not repeated', () => {
  const { channel, time, answersTo } = listening(new Coordinator())
  const peer = channel.peer()
  peer.take('welcome')
  expect(answersTo(peer, lazy(1, 10), batch(11, 12))).toMatchObject([{ type: 'ack', sequence: 12 }])
  expect(answersTo(peer, batch(13, 14))).toMatchObject([{ type: 'ack', sequence: 14 }])
  time.pass(2 * ackGatherMs)
  expect(answersTo(peer)).toEqual([])
  expect(answersTo(peer, lazy(15, 15))).toEqual([])
})

test('with a journal, an awaited payment is acknowledged at once when queued and when journaled; others are gathered', () => {
  const coordinator = new JournalingCoordinator()
  const { channel, time, answersTo } = listening(coordinator)
  const peer = channel.peer(7)
  peer.take('welcome')
  expect(answersTo(peer, batch(1, 2))).toMatchObject([{ sequence: 0, queuedSequence: 2 }])
  coordinator.sync()
  expect(answersTo(peer)).toMatchObject([{ sequence: 2 }])
  expect(answersTo(peer, lazy(3, 3))).toEqual([])
  coordinator.sync()
  expect(answersTo(peer)).toEqual([])
  time.pass(ackGatherMs)
  expect(answersTo(peer)).toMatchObject([{ sequence: 3 }])
})

test('a gathered acknowledgement is sent before a goodbye, so that the node sends those payments only once', () => {
  const { channel, end, answersTo } = listening(new Coordinator())
  const peer = channel.peer()
  peer.take('welcome')
  expect(answersTo(peer, lazy(1, 10))).toEqual([])
  end.close()
  expect(answersTo(peer)).toMatchObject([{ type: 'ack', sequence: 10 }, { type: 'goodbye' }])
})

test('a gathered acknowledgement is sent before a reply, so that a node does not report a purged payment as held', () => {
  const { channel, answersTo } = listening(new Coordinator())
  const peer = channel.peer()
  peer.take('welcome')
  expect(answersTo(peer, lazy(1, 10))).toEqual([])
  const request = { type: 'request', id: 1, kind: 'purge', params: {} } as const
  expect(answersTo(peer, request)).toMatchObject([{ type: 'ack', sequence: 10 }, { type: 'reply' }])
})
