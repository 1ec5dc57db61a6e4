/**
 * What does one call to a processor cost, in CPU time and in bytes allocated?
 *
 * A `POST /payments` and its answer, with one call at a time, six and 64 at once: by this package's client, by undici's `request`
 * and `Pool.dispatch`, by `node:http` with an agent that keeps connections, and by a bare socket that parses nothing, which is the floor.
 * Each client runs in a process of its own, in turn, and the figures are medians of all rounds. The processor is a process
 * that answers every request with the same bytes.
 *
 * CPU time is the client process's (user, system and garbage collection). Bytes are what V8's heap and its buffers grew by while
 * no collection ran.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import process from 'node:process'
import { bench, type Measured, median } from '@rinha/testing/bench'
import { type Dispatcher, Pool, request } from 'undici'
import { createProcessorClient } from '../src/http/index.ts'
import { printPaymentBody } from '../src/index.ts'

/** Makes one call, and says when it is over. */
type Call = (done: () => void) => void
interface Figures {
  readonly cpuUs: number
  readonly allocatedBytes: number
}

const floor = 'bare socket'
const [roundCount, callCount] = [5, 8000]
const callCountsAtOnce = [1, 6, 64]
const callCountMax = 64
const payment = {
  correlationId: new Uint8Array(16).fill(7),
  amountCents: 1990,
  requestedAtMs: 1_754_774_396_123,
}
const path = '/payments'
const headers = { 'content-type': 'application/json' }

const clients: Record<string, (port: number) => Call> = {
  [floor]: bareSocket,
  ours(port) {
    const client = createProcessorClient({
      name: 'default',
      origin: originOf(port),
      callCountMax,
      attemptTimeoutMs: 30_000,
      healthTimeoutMs: 15_000,
      connectTimeoutMs: 2000,
      bodyBytesMax: 16_384,
    })
    return done =>
      client.pay(payment, ({ kind }) => {
        if (kind !== 'recorded') throw new Error(`ours: ${kind}`)
        done()
      })
  },
  'Pool.dispatch'(port) {
    const pool = new Pool(originOf(port), { connections: callCountMax })
    return done => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd: done,
        onResponseError(_, error) {
          throw error
        },
      }
      pool.dispatch({ method: 'POST', path, headers, body: printPaymentBody(payment) }, handler)
    }
  },
  'undici request'(port) {
    const dispatcher = new Pool(originOf(port), { connections: callCountMax })
    const url = originOf(port) + path
    return done => {
      const body = printPaymentBody(payment)
      void request(url, { dispatcher, method: 'POST', headers, body }).then(async answer => {
        await answer.body.dump()
        done()
      })
    }
  },
  'node:http'(port) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: callCountMax })
    const options = { port, host: '127.0.0.1', method: 'POST', path, agent }
    return done => {
      const body = printPaymentBody(payment)
      http
        .request({ ...options, headers: { ...headers, 'content-length': body.length } }, answer =>
          answer.resume().on('end', done),
        )
        .end(body)
    }
  },
}

function originOf(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** One write and one read for each call. Any bytes that arrive count as a whole answer. */
function bareSocket(port: number): Call {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\n`
  const idle: { write(text: string, done: () => void): void }[] = []
  const connect = () => {
    let ended = () => {}
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const connection = {
      write(text: string, done: () => void) {
        ended = done
        socket.write(text, 'latin1')
      },
    }
    socket.on('data', () => {
      idle.push(connection)
      ended()
    })
    return connection
  }
  return done => {
    const body = printPaymentBody(payment)
    const connection = idle.pop() ?? connect()
    connection.write(`${head}content-length: ${body.length}\r\n\r\n${body}`, done)
  }
}

/** The answer in the form in which ASP.NET writes it. */
const answer = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nDate: Mon, 30 Nov 2026 07:31:46 GMT\r\n' +
    'Server: Kestrel\r\nTransfer-Encoding: chunked\r\n\r\n2c\r\n{"message":"payment processed successfully"}\r\n0\r\n\r\n',
)

function serve(): void {
  const server = net.createServer({ noDelay: true }, socket => {
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (let at = chunk.indexOf('POST '); at >= 0; at = chunk.indexOf('POST ', at + 1)) socket.write(answer)
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as net.AddressInfo).port))
}

/** When calls end in one turn of the event loop, the next ones begin in the next turn, as in the coordinator. */
function play(call: Call, callCount: number, atOnceCount: number): Promise<void> {
  return new Promise(resolve => {
    let underWayCount = 0
    let endedCount = 0
    let isScheduled = false
    const begin = () => {
      isScheduled = false
      for (; underWayCount < Math.min(atOnceCount, callCount - endedCount); underWayCount += 1) call(ended)
    }
    const ended = () => {
      underWayCount -= 1
      endedCount += 1
      if (endedCount === callCount) return resolve()
      if (!isScheduled) setImmediate(begin)
      isScheduled = true
    }
    begin()
  })
}

async function measure(call: Call, callCount: number, atOnceCount: number): Promise<Figures> {
  await play(call, callCount / 4, atOnceCount)
  const cpuBefore = process.cpuUsage()
  await play(call, callCount, atOnceCount)
  const { user, system } = process.cpuUsage(cpuBefore)
  globalThis.gc?.()
  const usedBefore = usedBytes()
  // The new generation has room for all of it.
  const allocatingCount = Math.min(callCount, 2000)
  await play(call, allocatingCount, atOnceCount)
  return {
    cpuUs: (user + system) / callCount,
    allocatedBytes: (usedBytes() - usedBefore) / allocatingCount,
  }
}

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function beClient(name: string, port: number): void {
  const call = clients[name]?.(port)
  if (call === undefined) throw new Error(`no client is called ${name}`)
  process.on('message', async ({ callCount, atOnceCount }: { callCount: number; atOnceCount: number }) => {
    process.send?.(await measure(call, callCount, atOnceCount))
  })
}

async function ask(child: ChildProcess, callCount: number, atOnceCount: number): Promise<Figures> {
  const answered = once(child, 'message')
  child.send({ callCount, atOnceCount })
  return (await answered)[0] as Figures
}

async function compare(roundCount: number, callCount: number): Promise<readonly Measured[]> {
  const file = process.argv[1] ?? ''
  const server = fork(file, ['serve'])
  const [port] = (await once(server, 'message')) as [number]
  const execArgv = [
    ...process.execArgv,
    '--expose-gc',
    '--min-semi-space-size=128',
    '--max-semi-space-size=128',
  ]
  const children = Object.keys(clients).map(name => ({
    name,
    child: fork(file, ['client', name, String(port)], { execArgv }),
  }))
  const measured = new Map<string, Figures[]>()
  for (let round = 0; round < roundCount; round += 1)
    for (const atOnceCount of callCountsAtOnce)
      for (const { name, child } of children) {
        const key = `${name} ${atOnceCount}`
        measured.set(key, [...(measured.get(key) ?? []), await ask(child, callCount, atOnceCount)])
      }
  for (const { child } of children) child.kill()
  server.kill()
  const medianOf = (name: string, atOnceCount: number, figure: keyof Figures) =>
    median((measured.get(`${name} ${atOnceCount}`) ?? []).map(figures => figures[figure]))
  return callCountsAtOnce.flatMap(atOnceCount => {
    const primitiveUs = medianOf(floor, atOnceCount, 'cpuUs')
    const others = children.filter(({ name }) => name !== floor)
    return others.map(({ name }): Measured => {
      const us = medianOf(name, atOnceCount, 'cpuUs')
      const bytes = medianOf(name, atOnceCount, 'allocatedBytes')
      const words = `${name}, ${atOnceCount} at once`
      return { name: words, us, primitive: floor, primitiveUs, ratio: us / primitiveUs, bytes }
    })
  })
}

const [role = '', ...rest] = process.argv.slice(2)
if (role === 'serve') serve()
else if (role === 'client') beClient(rest[0] ?? '', Number(rest[1]))
else
  await bench({
    question: 'What does one call to a processor cost, in CPU time and in bytes allocated?',
    notMeasured: 'a processor that takes time, so connections are always warm; resolving a name',
    rows: async isShort => (isShort ? [] : compare(roundCount, callCount)),
  })
