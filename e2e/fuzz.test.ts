import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Prng } from '../packages/base/src/index.ts'
import { encodeMessage } from '../packages/channel/src/index.ts'
import { writePaymentRecord } from '../packages/payment/src/index.ts'
import { until } from '../packages/testing/src/index.ts'
import { BareCluster } from './testing/bare-cluster.ts'
import { ChannelPeer } from './testing/channel-peer.ts'

/**
 * Sends wrong bytes to real processes: requests to an API node, frames to a coordinator. Afterwards both processes must
 * live, and the ledger must have only payments that were posted validly, with the right amount to the cent. A longer run
 * is `FUZZ_COUNT=50000 FUZZ_SEED=7 npx vitest run --config e2e/vitest.config.ts e2e/fuzz.test.ts`.
 */
const count = Number(process.env.FUZZ_COUNT ?? 1000)
const seed = Number(process.env.FUZZ_SEED ?? 1)
const concurrency = 24

let cluster: BareCluster
/** The payments that the ledger may have: the amount in cents by id. */
const posted = new Map<string, number>()

beforeAll(async () => {
  cluster = await BareCluster.start({ NODE_COUNT_MAX: '64' })
})
afterAll(() => cluster.kill())

test(`${count} requests with wrong bytes book only payments that were posted`, async () => {
  const statuses = new Map<string, number>()
  const acknowledged = new Set<string>()
  await inParallel(count, async (number, prng) => {
    const id = idOf(prng)
    const { bytes, idIn } = mutatedRequest(prng, id)
    const answer = await exchange(bytes, prng)
    const [, status = 'none'] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? []
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status === '202' && idIn !== undefined) acknowledged.add(idIn)
    if (number % 10 !== 0) return
    const honest = idOf(prng)
    posted.set(honest, 1990)
    expect((await cluster.post(honest, 19.9)).status).toBe(202)
    acknowledged.add(honest)
  })
  process.stdout.write(`${count} requests, seed ${seed}: ${JSON.stringify(Object.fromEntries(statuses))}\n`)
  expect(statuses.get('500') ?? 0).toBe(0)
  await ledgerIsRight([...acknowledged])
})

test(`${count} frames with wrong bytes book no payment`, async () => {
  const closed = { stranger: 0, node: 0 }
  await inParallel(Math.ceil(count / framesPerPeer), async (number, prng) => {
    const peer = new ChannelPeer(cluster.ports.channelPort)
    const who = number % 2 === 0 ? 'stranger' : 'node'
    if (who === 'node') await peer.join(cluster.channelSecret)
    for (let sent = 0; sent < framesPerPeer && !peer.isClosed; sent += 1)
      peer.write(mutated(prng, prng.pick(who === 'node' ? nodeFrames : strangerFrames)), prng.chance(0.3))
    await until(() => peer.isClosed, 'it was cut off', patienceMs).catch(() => {})
    if (peer.isClosed) closed[who] += 1
    peer.destroy()
  })
  process.stdout.write(`${count} frames, seed ${seed}: ${JSON.stringify(closed)} peers were cut off\n`)
  expect(closed.stranger + closed.node).toBeGreaterThan(0)
  await ledgerIsRight([])
})

const framesPerPeer = 5
const record = new Uint8Array(24)
writePaymentRecord(record, 0, new Uint8Array(16).fill(7), 1990)
const frames = {
  heartbeat: encodeMessage({ type: 'heartbeat' }),
  summary: encodeMessage({ type: 'request', id: 1, kind: 'summary', params: { fromMs: null, toMs: null } }),
  status: encodeMessage({
    type: 'request',
    id: 2,
    kind: 'status',
    params: { correlationId: new Uint8Array(16).fill(7) },
  }),
  payments: encodeMessage({ type: 'payments', firstSequence: 1, records: record, isAwaited: true }),
  proof: encodeMessage({ type: 'proof', serverNonce: new Uint8Array(32), proof: new Uint8Array(32) }),
}
/** A peer that has proved itself may pay. Its payments would be booked, so frames of payments are left out here. */
const nodeFrames = [frames.heartbeat, frames.summary, frames.status, frames.proof]
const strangerFrames = Object.values(frames)

/** Both processes live, every acknowledged payment is settled, and all sums agree with the payments that were posted. */
async function ledgerIsRight(acknowledged: readonly string[]): Promise<void> {
  expect(await cluster.ended()).toBe('none')
  await cluster.settled(acknowledged, 20_000)
  let [totalRequests, cents] = [0, 0]
  const ids = [...posted]
  await inParallel(ids.length, async number => {
    const [id = '', amountCents = 0] = ids[number] ?? []
    const { state, amount } = await cluster.payment(id)
    if (state === undefined) return
    expect([state, amount], id).toEqual(['settled', amountCents / 100])
    totalRequests += 1
    cents += amountCents
  })
  const { default: onDefault, fallback } = await cluster.summary()
  expect([
    onDefault.totalRequests + fallback.totalRequests,
    Math.round((onDefault.totalAmount + fallback.totalAmount) * 100),
  ]).toEqual([totalRequests, cents])
  const books = [await cluster.books('default'), await cluster.books('fallback')]
  expect(books).toEqual([onDefault, fallback])
}

/** A request with something wrong in its head, its body, or everywhere. `idIn` is the id in its body, if there is one. */
function mutatedRequest(
  prng: Prng,
  id: string,
): { readonly bytes: Buffer; readonly idIn: string | undefined } {
  const amountCents = prng.integer(1, 99_999)
  const body = `{"correlationId":"${id}","amount":${amountCents / 100}}`
  const head = prng.pick([
    `POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    `POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nPrefer: ack=queued\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
    `GET /payments/${id} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`,
    'GET /payments-summary?from=2025-01-01T00:00:00Z&to=2027-01-01T00:00:00.000Z HTTP/1.1\r\nHost: x\r\n\r\n',
  ])
  const chunked = `POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
  const where = prng.integer(0, 3)
  if (where === 0) {
    // The body is whole: the node books this payment, or none.
    posted.set(id, amountCents)
    return { bytes: Buffer.concat([mutated(prng, Buffer.from(head)), Buffer.from(body)]), idIn: id }
  }
  if (where === 1) {
    posted.set(id, amountCents)
    const pieces = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    return { bytes: Buffer.concat([mutated(prng, Buffer.from(chunked)), Buffer.from(pieces)]), idIn: id }
  }
  const wrong = mutated(prng, Buffer.from(body))
  const read = where === 2 ? paymentIn(wrong) : undefined
  if (read !== undefined) posted.set(read.id, read.amountCents)
  const line = `POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${wrong.length}\r\n\r\n`
  if (where === 2) return { bytes: Buffer.concat([Buffer.from(line), wrong]), idIn: read?.id }
  return {
    bytes: Buffer.from(Array.from({ length: prng.integer(1, 400) }, () => prng.integer(0, 255))),
    idIn: undefined,
  }
}

/** The payment in a body, read by JSON.parse and not by the project's own reader. */
function paymentIn(body: Buffer): { readonly id: string; readonly amountCents: number } | undefined {
  try {
    const { correlationId, amount } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    const isId = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(correlationId)
    return isId && typeof amount === 'number'
      ? { id: correlationId.toLowerCase(), amountCents: Math.round(amount * 100) }
      : undefined
  } catch {
    return undefined
  }
}

/** Makes one change, sometimes up to four: flips a bit, inserts, removes or repeats bytes, or cuts off the end. */
function mutated(prng: Prng, source: Uint8Array): Buffer {
  let bytes = Buffer.from(source)
  for (let changes = prng.chance(0.7) ? 1 : prng.integer(2, 4); changes > 0; changes -= 1) {
    const at = prng.integer(0, Math.max(0, bytes.length - 1))
    const until = Math.min(bytes.length, at + prng.integer(1, 12))
    const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, until), bytes.subarray(until)]
    switch (prng.integer(0, 5)) {
      case 0:
        bytes = Buffer.from(bytes)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << prng.integer(0, 7))
        break
      case 1:
        bytes = Buffer.concat([before, Buffer.from(prng.pick(spices), 'latin1'), bytes.subarray(at)])
        break
      case 2:
        bytes = Buffer.concat([before, after])
        break
      case 3:
        bytes = Buffer.concat([before, middle, middle, after])
        break
      case 4:
        bytes = before
        break
      default:
        bytes = Buffer.concat([before, Buffer.from([prng.integer(0, 255)]), bytes.subarray(at)])
    }
  }
  return bytes
}

const spices = [
  '\r\n',
  '\0',
  '\r\n\r\n',
  ' ',
  '-1',
  '1e309',
  '99999999999999999999',
  '"',
  '\\u0000',
  '{',
  ']',
  '\xff\xfe',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'HTTP/1.0',
  '%00',
  '%',
  ': ',
  'x'.repeat(5000),
]

/** Writes the bytes in up to three pieces. Reads until an answer, the end, or {@link patienceMs} without a byte. */
function exchange(bytes: Buffer, prng: Prng): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    const socket = connect({ port: cluster.nodePort, host: '127.0.0.1', noDelay: true })
    const finish = () => {
      socket.destroy()
      resolve(text)
    }
    socket.setTimeout(patienceMs, finish)
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      finish()
    })
    socket.on('end', finish)
    socket.on('error', finish)
    const cuts = [prng.integer(0, bytes.length), prng.integer(0, bytes.length)].toSorted((a, b) => a - b)
    const [first = 0, second = 0] = cuts
    for (const piece of [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
      if (piece.length > 0) socket.write(piece)
  })
}

/** How long an answer is waited for. A request that looks unfinished gets none. */
const patienceMs = 60

async function inParallel(times: number, work: (number: number, prng: Prng) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let number = next; number < times; number = next) {
      next += 1
      await work(number, new Prng(seed * 2 ** 22 + number))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

function idOf(prng: Prng): string {
  const hex = Array.from({ length: 4 }, () => prng.uint32().toString(16).padStart(8, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
