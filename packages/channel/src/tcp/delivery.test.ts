import { afterEach, expect, test } from 'vitest'
import type { ChannelServer } from '../port.ts'
import { listenChannel } from './index.ts'
import {
  Coordinator,
  clientOptions,
  connectChannel,
  paymentId,
  range,
  serverOptions,
  sleep,
  until,
  Wire,
} from './rig.ts'

const open: { close(drainMsMax: number): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close(0)
})
const closing = <T extends { close(drainMsMax: number): Promise<void> }>(each: T): T => {
  open.push(each)
  return each
}

async function pair(coordinator: Coordinator, wired = false) {
  const server: ChannelServer = closing(await listenChannel(serverOptions, coordinator))
  const wire = wired ? closing(await Wire.to(server.port)) : undefined
  const client = closing(connectChannel(clientOptions(wire?.port ?? server.port)))
  return { server, client, wire }
}

function offer(
  client: Pick<ReturnType<typeof connectChannel>, 'offerPayment'>,
  first: number,
  last: number,
): void {
  for (const number of range(first, last))
    expect(client.offerPayment(paymentId(number), number)).toBeDefined()
}

test('payments of one turn arrive in one batch, in order, and are acknowledged', async () => {
  const coordinator = new Coordinator()
  const { client, server } = await pair(coordinator)
  await until('connected', () => client.connected)
  expect(server.nodes).toEqual(['api1'])
  offer(client, 1, 300)
  expect(client.unacknowledgedCount).toBe(300)
  expect(client.holdsPayment(paymentId(7))).toBe(true)
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual(range(1, 300))
  expect(coordinator.batchCounts).toEqual([300])
  expect(client.holdsPayment(paymentId(7))).toBe(false)
})

test('a flush writes what the turn has offered so far, and only that', async () => {
  const coordinator = new Coordinator()
  const { client } = await pair(coordinator)
  client.flush()
  await until('connected', () => client.connected)
  offer(client, 1, 2)
  client.flush()
  client.flush()
  offer(client, 3, 5)
  client.flush()
  offer(client, 6, 6)
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual(range(1, 6))
  expect(coordinator.batchCounts).toEqual([2, 3, 1])
})

test('payments taken before there was a connection go out with the welcome, in frames of the stated size', async () => {
  const coordinator = new Coordinator()
  const { client } = await pair(coordinator)
  offer(client, 1, 2500)
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual(range(1, 2500))
  expect(coordinator.batchCounts).toEqual([1024, 1024, 452])
})

test('a handshake, payments, requests and their answers survive being cut at every byte', async () => {
  const coordinator = new Coordinator()
  const server = closing(await listenChannel(serverOptions, coordinator))
  const wire = closing(await Wire.to(server.port))
  wire.byteByByte = true
  const client = closing(connectChannel(clientOptions(wire.port)))
  await until('connected', () => client.connected)
  offer(client, 1, 20)
  const summary = await client.request('summary', { fromMs: null, toMs: 2 ** 41 })
  expect(summary).toEqual({ ok: true, value: [{ processor: 'default', count: 3, amountCents: 5970 }] })
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual(range(1, 20))
})

test('a request is answered before the payments that were offered ahead of it in its turn', async () => {
  const coordinator = new Coordinator()
  const { client } = await pair(coordinator)
  await until('connected', () => client.connected)
  offer(client, 1, 2000)
  const answer = await client.request('status', { correlationId: paymentId(1) })
  expect(answer).toEqual({ ok: true, value: { state: 'queued', amountCents: 5 } })
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.order).toEqual(['status', 'payments', 'payments'])
})

test('a payment gets a sequence number, and whoever listens hears through which the coordinator has them', async () => {
  const coordinator = new Coordinator()
  const { client, wire } = await pair(coordinator, true)
  const heard: number[] = []
  client.onAcknowledged(through => heard.push(through))
  expect([1, 2, 3].map(number => client.offerPayment(paymentId(number), number))).toEqual([1, 2, 3])
  await until('all acknowledged', () => heard.at(-1) === 3)
  wire?.cut()
  expect(client.offerPayment(paymentId(4), 4)).toBe(4)
  await until('the fourth is acknowledged', () => heard.at(-1) === 4)
  expect(heard).toEqual([...heard].sort((a, b) => a - b))
})

test('a full buffer takes no payment, and takes one again after an acknowledgement', async () => {
  const coordinator = new Coordinator()
  const server = closing(await listenChannel(serverOptions, coordinator))
  const client = closing(connectChannel({ ...clientOptions(server.port), bufferCountMax: 3 }))
  offer(client, 1, 3)
  expect(client.offerPayment(paymentId(4), 4)).toBeUndefined()
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  offer(client, 4, 4)
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual([1, 2, 3, 4])
})

test('connections cut under load lose nothing and deliver nothing twice', async () => {
  const coordinator = new Coordinator()
  const { client, wire } = await pair(coordinator, true)
  let offered = 0
  for (let round = 0; round < 12; round += 1) {
    for (let burst = 0; burst < 10; burst += 1) {
      offer(client, offered + 1, offered + 50)
      offered += 50
      await sleep(1)
    }
    wire?.cut()
  }
  await until('all acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual(range(1, offered))
  expect(wire?.connectionCount).toBeGreaterThan(6)
})

test('close sends what is buffered, waits for its acknowledgement and takes nothing more', async () => {
  const coordinator = new Coordinator()
  const { client, server } = await pair(coordinator)
  offer(client, 1, 5000)
  const closed = client.close(2000)
  expect(client.offerPayment(paymentId(9), 9)).toBeUndefined()
  await closed
  expect(client.connected).toBe(false)
  expect(coordinator.amounts).toEqual(range(1, 5000))
  await until('the node left', () => server.nodes.length === 0)
})

test('close gives up on the drain when its time is over', async () => {
  const client = connectChannel(clientOptions(1))
  offer(client, 1, 5)
  const startMs = performance.now()
  await client.close(60)
  expect(performance.now() - startMs).toBeGreaterThan(50)
  expect(client.unacknowledgedCount).toBe(5)
})
