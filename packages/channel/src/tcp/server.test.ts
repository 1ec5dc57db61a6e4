import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { handshakeCountMax } from '../limits.ts'
import type { PaymentsMessage } from '../messages.ts'
import { writePaymentRecord } from '../payment-record.ts'
import type { ChannelServer } from '../port.ts'
import { SessionTable } from '../session-table.ts'
import { listenChannel } from './index.ts'
import {
  Coordinator,
  clientOptions,
  connectChannel,
  paymentId,
  RawPeer,
  range,
  serverOptions,
  sleep,
  until,
} from './rig.ts'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each()
})

async function listen(
  coordinator: Coordinator,
  options: Partial<typeof serverOptions> = {},
): Promise<ChannelServer> {
  const server = await listenChannel({ ...serverOptions, ...options }, coordinator)
  cleanUp.push(() => server.close())
  return server
}

function raw(server: ChannelServer): RawPeer {
  const peer = RawPeer.to(server.port)
  cleanUp.push(() => peer.socket.destroy())
  return peer
}

/** A batch in which a payment's amount is its sequence number. */
function batch(first: number, last: number): PaymentsMessage {
  const records = new Uint8Array((last - first + 1) * 24)
  for (const number of range(first, last))
    writePaymentRecord(records, (number - first) * 24, paymentId(number), number)
  return { type: 'payments', firstSequence: first, records }
}

test('batches that come in one write get one cumulative acknowledgement', async () => {
  const coordinator = new Coordinator()
  const peer = raw(await listen(coordinator))
  await peer.join()
  peer.send(batch(1, 10), batch(11, 20), batch(21, 25))
  expect(await peer.receive('ack')).toMatchObject({ sequence: 25 })
  await sleep(20)
  expect(peer.messages).toEqual([])
  expect(coordinator.amounts).toEqual(range(1, 25))
})

// A heartbeat so slow that silence cuts nobody here.
test('what is sent again on a new connection of the session has no second effect', async () => {
  const coordinator = new Coordinator()
  const server = await listen(coordinator, { heartbeatMs: 60_000 })
  const first = raw(server)
  await first.join(1, { heartbeatMs: 60_000 })
  first.send(batch(1, 10))
  await first.receive('ack')
  const second = raw(server)
  expect(await second.join(1, { heartbeatMs: 60_000 })).toMatchObject({ acknowledgedSequence: 10 })
  second.send(batch(6, 12))
  expect(await second.receive('ack')).toMatchObject({ sequence: 12 })
  expect(coordinator.amounts).toEqual(range(1, 12))
  await until('the connection before is cut', () => first.closed)
  expect(server.nodes).toEqual(['raw1'])
})

test('a session that claims acknowledgements it never got is refused', async () => {
  const server = await listen(new Coordinator())
  const first = raw(server)
  await first.join(1)
  first.send(batch(1, 3))
  await first.receive('ack')
  const second = raw(server)
  await second.prove(1, { acknowledgedSequence: 4 })
  expect(await second.receive('refuse')).toMatchObject({ code: 'protocol' })
  expect(server.nodes).toEqual(['raw1'])
})

test('a node that sends past its window is cut off, and told why', async () => {
  const coordinator = new Coordinator()
  coordinator.roomLeft = 40
  const peer = raw(await listen(coordinator))
  expect(await peer.join()).toMatchObject({ windowCount: 10 })
  peer.send(batch(1, 11))
  expect((await peer.receive('goodbye')).reason).toContain("past the window's end 10")
  await until('closed', () => peer.closed)
  expect(coordinator.amounts).toEqual([])
})

test('a gap in the sequence is cut off: something was lost that the node believes it sent', async () => {
  const coordinator = new Coordinator()
  const peer = raw(await listen(coordinator))
  await peer.join()
  peer.send(batch(2, 3))
  expect((await peer.receive('goodbye')).reason).toContain('gap')
  expect(coordinator.amounts).toEqual([])
})

test('without room the window is nothing, and room that comes back is told by refreshWindows', async () => {
  const coordinator = new Coordinator()
  coordinator.roomLeft = 5
  const server = await listen(coordinator, { nodeCountMax: 1 })
  const client = connectChannel(clientOptions(server.port))
  cleanUp.push(() => client.close(0))
  for (const number of range(1, 20)) client.offerPayment(paymentId(number), number)
  await until('five came', () => coordinator.amounts.length === 5)
  await sleep(20)
  expect(coordinator.amounts).toEqual(range(1, 5))
  coordinator.roomLeft = 8
  await sleep(20)
  expect(coordinator.amounts).toEqual(range(1, 5))
  server.refreshWindows()
  await until('eight more came', () => coordinator.amounts.length === 13)
  await sleep(20)
  expect(coordinator.amounts).toEqual(range(1, 13))
  expect(coordinator.roomLeft).toBe(0)
})

test('windows may be refreshed while payments are handed over: only what was handed over is acknowledged', async () => {
  const coordinator = new Coordinator()
  coordinator.roomLeft = 40
  const server = await listen(coordinator)
  const peer = raw(server)
  expect(await peer.join()).toMatchObject({ windowCount: 10 })
  coordinator.onPayments = () => {
    coordinator.roomLeft = 1_000_000
    server.refreshWindows()
  }
  peer.send(batch(1, 10))
  expect(await peer.receive('ack')).toEqual({
    type: 'ack',
    sequence: 0,
    queuedSequence: 0,
    windowCount: 4096,
  })
  expect(await peer.receive('ack')).toMatchObject({ sequence: 10 })
})

test('windows may be refreshed as soon as a node is told of: its welcome is ahead of them', async () => {
  const coordinator = new Coordinator()
  coordinator.roomLeft = 40
  const refresh: (() => void)[] = []
  const onNodeChange = () => {
    coordinator.roomLeft = 1_000_000
    for (const each of refresh) each()
  }
  const server = await listenChannel({ ...serverOptions, onNodeChange }, coordinator)
  cleanUp.push(() => server.close())
  refresh.push(() => server.refreshWindows())
  const client = connectChannel(clientOptions(server.port))
  cleanUp.push(() => client.close(0))
  for (const number of range(1, 100)) client.offerPayment(paymentId(number), number)
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual(range(1, 100))
})

test('a window that hardly grew is not told, one that was used up is told anew', async () => {
  const coordinator = new Coordinator()
  coordinator.roomLeft = 100
  const server = await listen(coordinator, { nodeCountMax: 1 })
  const peer = raw(server)
  expect(await peer.join()).toMatchObject({ windowCount: 100 })
  coordinator.roomLeft = 110
  server.refreshWindows()
  await sleep(20)
  expect(peer.messages).toEqual([])
  coordinator.roomLeft = 200
  server.refreshWindows()
  expect(await peer.receive('ack')).toEqual({ type: 'ack', sequence: 0, queuedSequence: 0, windowCount: 200 })
})

test('the credit of a node that leaves goes to one that stands still', async () => {
  const coordinator = new Coordinator()
  coordinator.roomLeft = 10
  const server = await listen(coordinator, { nodeCountMax: 2 })
  const [leaving, staying] = [raw(server), raw(server)]
  expect(await leaving.join(1)).toMatchObject({ windowCount: 5 })
  expect(await staying.join(2)).toMatchObject({ windowCount: 5 })
  coordinator.roomLeft = 5
  staying.send(batch(1, 5))
  coordinator.roomLeft += 5
  expect(await staying.receive('ack')).toMatchObject({ sequence: 5, windowCount: 0 })
  leaving.socket.destroy()
  expect((await staying.receive('ack')).windowCount).toBeGreaterThan(0)
})

test('a restart that lost its sessions takes the unacknowledged payments, and only those', async () => {
  await restart(undefined, undefined)
})

test('a restart that kept its sessions takes each payment once', async () => {
  const sessions = new SessionTable()
  await restart(sessions, sessions)
})

async function restart(before: SessionTable | undefined, after: SessionTable | undefined): Promise<void> {
  const coordinator = new Coordinator()
  const problems: string[] = []
  const first = await listenChannel({ ...serverOptions, ...(before && { sessions: before }) }, coordinator)
  const client = connectChannel({
    ...clientOptions(first.port),
    onProblem: problem => problems.push(problem),
  })
  cleanUp.push(() => client.close(0))
  for (const number of range(1, 10)) client.offerPayment(paymentId(number), number)
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  await first.close()
  expect(client.connected).toBe(false)
  for (const number of range(11, 20)) client.offerPayment(paymentId(number), number)
  await listen(coordinator, { port: first.port, ...(after && { sessions: after }) })
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual(range(1, 20))
  expect(problems.some(problem => problem.includes('restarted'))).toBe(true)
}

test('an unread acknowledgement does not double: a restart with sessions skips what it had taken', async () => {
  const coordinator = new Coordinator()
  const sessions = new SessionTable()
  const first = await listenChannel({ ...serverOptions, sessions }, coordinator)
  const peer = RawPeer.to(first.port)
  await peer.join(3)
  peer.send(batch(1, 10))
  await until('taken', () => coordinator.amounts.length === 10)
  peer.socket.destroy()
  await first.close()
  const again = raw(await listen(coordinator, { sessions }))
  expect(await again.join(3)).toMatchObject({ acknowledgedSequence: 10 })
  again.send(batch(1, 11))
  await again.receive('ack')
  expect(coordinator.amounts).toEqual(range(1, 11))
})

test('with a journal a node is told what is taken at once, and forgets nothing before it is journaled', async () => {
  const waiting: (() => void)[] = []
  const coordinator = Object.assign(new Coordinator(), {
    whenJournaled: (run: () => void) => waiting.push(run),
  })
  const server = await listen(coordinator)
  const peer = raw(server)
  expect(await peer.join(7)).toMatchObject({ journaling: true })
  peer.send(batch(1, 10))
  const early = await peer.receive('ack')
  expect(early).toMatchObject({ sequence: 0, queuedSequence: 10 })
  peer.send(batch(11, 12))
  expect(await peer.receive('ack')).toMatchObject({ sequence: 0, queuedSequence: 12 })
  waiting.shift()?.()
  const kept = await peer.receive('ack')
  expect(kept).toMatchObject({ sequence: 10, queuedSequence: 12 })
  // The window ends where it ended: what waits for the disk is not taken off it twice.
  expect(kept.sequence + kept.windowCount).toBeGreaterThanOrEqual(early.windowCount)
})

test('a node that connects again starts where the journal is, and nothing is taken twice', async () => {
  const waiting: (() => void)[] = []
  const coordinator = Object.assign(new Coordinator(), {
    whenJournaled: (run: () => void) => waiting.push(run),
  })
  const server = await listen(coordinator)
  const peer = raw(server)
  await peer.join(7)
  peer.send(batch(1, 5))
  await peer.receive('ack')
  waiting.shift()?.()
  expect(await peer.receive('ack')).toMatchObject({ sequence: 5 })
  peer.send(batch(6, 10))
  await peer.receive('ack')
  const again = raw(server)
  expect(await again.join(7, { acknowledgedSequence: 5 })).toMatchObject({ acknowledgedSequence: 5 })
  again.send(batch(6, 11))
  expect(await again.receive('ack')).toMatchObject({ sequence: 5, queuedSequence: 11 })
  // Of the first connection's payments: told on the one that the session has now.
  waiting.shift()?.()
  expect(await again.receive('ack')).toMatchObject({ sequence: 10, queuedSequence: 11 })
  expect(coordinator.amounts).toEqual(range(1, 11))
})

test('an even share of scarce room goes to each node, and a node too many is refused', async () => {
  const coordinator = new Coordinator()
  coordinator.roomLeft = 100
  const problems: string[] = []
  const server = await listenChannel(
    { ...serverOptions, nodeCountMax: 2, onProblem: problem => problems.push(problem) },
    coordinator,
  )
  cleanUp.push(() => server.close())
  expect(await raw(server).join(1)).toMatchObject({ windowCount: 50 })
  expect(await raw(server).join(2)).toMatchObject({ windowCount: 50 })
  const third = raw(server)
  await third.prove(3)
  expect(await third.receive('refuse')).toMatchObject({ code: 'nodes' })
  await until('closed', () => third.closed)
  await until('told', () => problems.join().includes('raw3'))
})

test('a taken port is a clear error that keeps its code', async () => {
  const { port } = await listen(new Coordinator())
  const second = listenChannel({ ...serverOptions, port }, new Coordinator())
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await expect(second).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`)
})

test('strangers are bounded, and time out', async () => {
  const server = await listen(new Coordinator(), { handshakeTimeoutMs: 150 })
  const strangers = range(1, handshakeCountMax + 5).map(() => raw(server))
  await until('those too many are cut', () => strangers.filter(stranger => stranger.closed).length === 5)
  await until('the others timed out', () => strangers.every(stranger => stranger.closed))
  expect(await raw(server).join()).toMatchObject({ type: 'welcome' })
})

test('close says goodbye to the nodes and leaves no connection', async () => {
  const server = await listenChannel(serverOptions, new Coordinator())
  const peer = RawPeer.to(server.port)
  await peer.join()
  const closed = server.close()
  expect((await peer.receive('goodbye')).reason).toBe('the coordinator stops')
  await closed
  await until('closed', () => peer.closed)
  const late = connect({ port: server.port, host: '127.0.0.1' })
  await expect(new Promise((_, reject) => late.on('error', reject))).rejects.toThrow('ECONNREFUSED')
})
