import { expect, test } from 'vitest'
import type { OutgoingMessage } from '../messages.ts'
import { batch, Coordinator, type Peer } from '../testing.ts'
import { TestChannel } from './testing.ts'

test('while the queue is too long every acknowledgement says so, and each node is told when that changes', () => {
  const channel = new TestChannel()
  const coordinator = new Coordinator()
  const end = channel.listen(coordinator)
  const answersTo = (peer: Peer, ...messages: readonly OutgoingMessage[]) => {
    peer.send(...messages)
    channel.time.settle()
    return peer.messages.splice(0)
  }
  const first = channel.peer(1)
  expect(first.take('welcome')).toMatchObject({ retryAfterSeconds: 0 })
  Object.assign(coordinator, { retryAfterSeconds: () => 7 })
  const second = channel.peer(2)
  expect(second.take('welcome')).toMatchObject({ retryAfterSeconds: 7 })
  end.refreshWindows()
  expect(answersTo(first)).toMatchObject([{ type: 'ack', sequence: 0, retryAfterSeconds: 7 }])
  expect(answersTo(second)).toEqual([])
  // Payments that the node has accepted before are still taken.
  expect(answersTo(first, batch(1, 10))).toMatchObject([{ sequence: 10, retryAfterSeconds: 7 }])
  Object.assign(coordinator, { retryAfterSeconds: () => 0 })
  end.refreshWindows()
  expect([answersTo(first), answersTo(second)]).toMatchObject([
    [{ sequence: 10, retryAfterSeconds: 0 }],
    [{ retryAfterSeconds: 0 }],
  ])
})
