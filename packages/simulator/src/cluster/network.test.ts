import type { ByteStream } from '@rinha/channel'
import { expect, test } from 'vitest'
import { Network } from './network.ts'
import { blamed, Facts } from './testing.ts'
import type { WireEnd } from './wire.ts'

/** A network whose coordinator takes every call and writes down what happens to it. */
function networking() {
  const facts = new Facts({ handshakeTimeoutMs: 100, heartbeatMs: 200 })
  const taken: ByteStream[] = []
  const log: string[] = []
  const state = { isUp: true }
  const accept = (stream: ByteStream) => {
    taken.push(stream)
    stream.attach({
      onData: bytes => log.push(`coordinator read ${bytes.length}`),
      onDrained: () => {},
      onError: reason => log.push(`coordinator: ${reason}`),
      onClosed: () => log.push('coordinator closed'),
    })
  }
  const network = new Network({ ...facts, secret: 1, door: () => (state.isUp ? accept : undefined) })
  const call = (name = 'api1'): WireEnd => {
    const stream = network.connect(
      name,
      () => log.push(`${name} connected`),
      bytes => log.push(`${name} wrote ${bytes.length}`),
    )
    stream.attach({
      onData: () => {},
      onDrained: () => {},
      onError: reason => log.push(`${name}: ${reason}`),
      onClosed: () => log.push(`${name} closed`),
    })
    return stream
  }
  const pass = (ms: number) => facts.world.runUntil(facts.world.nowMs + ms)
  return { facts, network, taken, log, state, call, pass }
}

test('a caller is connected, and its bytes are seen when they leave and when they arrive', () => {
  const { call, log, pass, taken } = networking()
  const stream = call()
  expect(log).toEqual([])
  pass(2)
  stream.write(new Uint8Array(5))
  pass(10)
  expect(log).toEqual(['api1 connected', 'api1 wrote 5', 'coordinator read 5'])
  expect(taken.map(({ peer }) => peer)).toEqual(['api1'])
})

test.each(['the coordinator is down', 'nobody gets in'])('where %s, a call is refused', what => {
  const { call, facts, log, network, pass, state, taken } = networking()
  if (what === 'nobody gets in') network.refusesConnections = true
  else state.isUp = false
  call()
  pass(5)
  expect(log).toEqual(['api1: connect ECONNREFUSED', 'api1 closed'])
  expect([taken.length, facts.tally.faults['connection refused by the coordinator']]).toEqual([0, 1])
})

test('both ends are told of a wire that breaks, and neither end of one that falls silent', () => {
  const { call, facts, log, network, pass } = networking()
  const stream = call()
  pass(5)
  network.breakWire(true)
  stream.write(new Uint8Array(5))
  pass(10_000)
  expect(log).toEqual(['api1 connected', 'api1 wrote 5'])
  network.breakWire(false)
  pass(10)
  expect(facts.tally.faults).toMatchObject({ 'connection silent': 1, 'connection cut': 1 })
  const other = networking()
  other.call()
  other.pass(5)
  other.network.breakWire(false)
  other.pass(10)
  expect(other.log.slice(1).sort()).toEqual([
    'api1 closed',
    'api1: read ECONNRESET',
    'coordinator closed',
    'coordinator: read ECONNRESET',
  ])
})

test('a break sometimes refuses all connections, for two seconds at the most', () => {
  const { call, network, pass } = networking()
  let keptOutCount = 0
  for (let count = 0; count < 100; count += 1) {
    call()
    pass(5)
    network.breakWire(false)
    if (network.refusesConnections) keptOutCount += 1
    pass(2001)
    expect(network.refusesConnections).toBe(false)
  }
  expect(keptOutCount).toBeGreaterThan(5)
  expect(keptOutCount).toBeLessThan(50)
})

test('a dead coordinator gets no more bytes, and every node is told that it has gone', () => {
  const { call, log, network, pass } = networking()
  call('api1')
  call('api2')
  pass(5)
  network.killCoordinator()
  pass(10)
  const heard = log.filter(line => !line.includes('connected'))
  expect(heard.filter(line => line.endsWith('closed')).sort()).toEqual(['api1 closed', 'api2 closed'])
  expect(heard.filter(line => line.startsWith('coordinator'))).toEqual([])
})

test('an impostor in the coordinator’s place is hostile, and the coordinator never hears of it', () => {
  const { call, facts, network, pass, taken } = networking()
  network.impostorChance = 1
  const stream = call()
  pass(5)
  expect([stream.hostile, taken.length]).toEqual([true, 0])
  expect(facts.tally.faults['hostile connection']).toBe(1)
})

test('a hostile peer whose connection is never closed is reported after a while', () => {
  const { network, pass, taken } = networking()
  network.connectHostile()
  expect(taken.map(({ peer }) => peer)).toEqual(['hostile'])
  expect(blamed(() => pass(60_000))).toMatch(/^bounds: a hostile connection is still open after \d+ ms/)
  const other = networking()
  other.network.connectHostile()
  other.taken[0]?.destroy()
  expect(blamed(() => other.pass(60_000))).toBe('nothing')
})

test('connections that pile up are reported', () => {
  const { call, pass } = networking()
  const many = () => {
    for (let count = 0; count < 70; count += 1) {
      call()
      pass(5)
    }
  }
  expect(blamed(many)).toBe('bounds: connections pile up')
})

test('a way that is cut breaks, and is not made again until it is joined; other ways stay', () => {
  const { facts, network, pass } = networking()
  Object.assign(facts.plan, { shard: { index: 0, count: 2 } })
  const log: string[] = []
  const call = (name: string, shard: number) => {
    const stream = network.ofShard(shard).connect(
      name,
      () => log.push(`${name} has ${shard}`),
      () => {},
    )
    stream.attach({
      onData: () => {},
      onDrained: () => {},
      onError: () => {},
      onClosed: () => log.push(`${name} lost ${shard}`),
    })
  }
  for (const name of ['api1', 'api2']) for (const shard of [0, 1]) call(name, shard)
  pass(5)
  expect(log.splice(0)).toHaveLength(4)
  network.sever('api1', 1, false)
  pass(5)
  expect(log.splice(0)).toEqual(['api1 lost 1'])
  for (const name of ['api1', 'api2']) call(name, 1)
  pass(5)
  expect(log.splice(0)).toEqual(['api2 has 1'])
  network.join('api1', 1)
  call('api1', 1)
  pass(5)
  expect(log).toEqual(['api1 has 1'])
})

test('when the coordinator of one shard dies, only its connections end', () => {
  const { facts, network, pass, call, log } = networking()
  Object.assign(facts.plan, { shard: { index: 0, count: 2 } })
  call('api1')
  pass(5)
  network.ofShard(1).killCoordinator()
  pass(10)
  expect(log).toEqual(['api1 connected'])
  network.ofShard(0).killCoordinator()
  pass(10)
  expect(log).toContain('api1 closed')
})
