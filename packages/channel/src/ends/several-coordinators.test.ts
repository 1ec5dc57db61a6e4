import { expect, test } from 'vitest'
import { Coordinator, paymentId, range, secret, testCrypto } from '../testing.ts'
import { CoordinatorEnd } from './coordinator-end.ts'
import type { ByteStream } from './ports.ts'
import { coordinatorOptions, TestChannel, TestNode } from './testing.ts'

/** A node and two coordinators, of which the first one leads. */
class Two {
  readonly channel = new TestChannel()
  readonly coordinators = [new Coordinator(), new Coordinator()]
  leader: string | undefined = 'a:1'
  /** Undefined: cannot be reached. */
  readonly ends: (CoordinatorEnd | undefined)[]
  readonly node: TestNode
  readonly calls: number[] = []

  constructor(reconnectMsMax = 10) {
    this.ends = [this.#end(), this.#end()]
    this.lead(0, 1)
    this.node = new TestNode(
      this.channel,
      { candidates: ['a:1', 'b:1'], reconnectMsMax },
      testCrypto(secret),
      (onConnected, candidate) => this.#connect(onConnected, candidate),
    )
    this.channel.time.pass(100)
  }

  lead(index: number, epoch: number): void {
    const { coordinators, ends } = this
    const handlers = coordinators[index]
    if (handlers !== undefined)
      ends[index]?.serve(Object.assign(handlers, { term: { epoch, isReplicated: true } }))
    this.leader = index === 0 ? 'a:1' : 'b:1'
  }

  restart(index: number): void {
    this.ends[index] = this.#end()
  }

  kill(index: number): void {
    this.ends[index] = undefined
    for (const wire of this.channel.wires) wire.cut()
  }

  #end(): CoordinatorEnd {
    const { time: timers, chance } = this.channel
    const options = { ...coordinatorOptions, leader: () => this.leader }
    return new CoordinatorEnd(options, undefined, { timers, chance, crypto: testCrypto(secret) })
  }

  #connect(onConnected: () => void, candidate: number): ByteStream {
    this.calls.push(candidate)
    const end = this.ends[candidate]
    this.channel.door = end && (stream => end.onConnection(stream))
    return this.channel.connect(onConnected)
  }
}

test('a node finds the leader, and after its death sends the next leader what was not acknowledged', () => {
  const two = new Two()
  const { node, channel } = two
  expect(node.end.connected).toBe(true)
  two.kill(0)
  node.offer(1, 50)
  channel.time.pass(500)
  expect(node.end.connected).toBe(false)
  expect(two.calls).toContain(1)
  two.lead(1, 2)
  channel.time.pass(500)
  expect([node.end.connected, node.end.unacknowledgedCount]).toEqual([true, 0])
  expect(two.coordinators[1]?.amounts).toEqual(range(1, 50))
})

test('a standby admits nobody, and tells who leads only to a node that has proved itself', () => {
  const { channel, ends } = new Two()
  channel.door = stream => ends[1]?.onConnection(stream)
  const peer = channel.peer()
  expect(peer.take('refuse')).toMatchObject({ code: 'standby', leader: 'a:1' })
  expect(peer.take('welcome')).toBeUndefined()
})

test('a node asks standbys again within a tenth of a second, however long there is no leader', () => {
  const two = new Two(10_000)
  const { channel, calls } = two
  two.kill(0)
  two.restart(0)
  two.leader = undefined
  channel.time.pass(5000)
  const before = calls.length
  channel.time.pass(100)
  expect(calls.length).toBeGreaterThan(before)
})

test('a node leaves a coordinator whose epoch is over, and sends it nothing', () => {
  const two = new Two()
  const { node, channel } = two
  two.kill(0)
  two.lead(1, 2)
  channel.time.pass(200)
  expect(node.end.connected).toBe(true)
  // The old leader is back, and does not know that it is none.
  two.restart(0)
  two.ends[0]?.serve(Object.assign(new Coordinator(), { term: { epoch: 1, isReplicated: true } }))
  two.kill(1)
  node.offer(1, 5)
  channel.time.pass(500)
  expect(node.end.connected).toBe(false)
  expect(node.end.unacknowledgedCount).toBe(5)
  expect(node.problems.join()).toContain('epoch 1 is over')
})

test('a summary is asked again of the next leader, and a purge is not', () => {
  const two = new Two()
  const { node, channel } = two
  two.kill(0)
  channel.time.settle()
  const [summary, purge] = [node.ask('summary', { fromMs: 1, toMs: null }), node.ask('purge', {})]
  expect(purge).toMatchObject([{ ok: false, error: { kind: 'unavailable' } }])
  channel.time.pass(100)
  expect(summary).toEqual([])
  two.lead(1, 2)
  channel.time.pass(300)
  expect(summary).toMatchObject([{ ok: true }])
})

test('a summary that no leader answers is unavailable when its time is over', () => {
  const two = new Two()
  two.kill(0)
  const answers = two.node.ask('status', { correlationId: paymentId(1) })
  two.channel.time.pass(499)
  expect(answers).toEqual([])
  two.channel.time.pass(1)
  expect(answers).toMatchObject([{ ok: false, error: { kind: 'unavailable' } }])
})
