import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { Worker } from 'node:worker_threads'
import { startTwin, type Twin } from '@rinha/processor-twin'
import type { ProcessorBehavior } from '../contract.ts'

/**
 * Servers for this package's tests: real sockets on a port of the system's choice. {@link TestProcessor} is the twin
 * behind a server that misbehaves on request; a raw server answers any bytes at all.
 */

async function listen(server: Server | HttpServer, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

/** A server that is given each connection and all the bytes of it, as text, each time some come. */
export async function rawServer(
  onBytes: (socket: Socket, text: string) => void,
): Promise<{ origin: string; close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    let text = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      onBytes(socket, text)
    })
  })
  const port = await listen(server)
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise(resolve => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Whether these bytes hold a whole request: a client that is answered before it has sent all would see a reset. */
export function isWholeRequest(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
  return headEnd !== -1 && text.length >= headEnd + 4 + length
}

/**
 * A server whose process does not take connections, with its backlog full, so that connecting hangs as it does to a host
 * that drops packets. It is a thread that sleeps until {@link release} and then takes and counts all that comes.
 */
export async function stalledServer() {
  const gate = new Int32Array(new SharedArrayBuffer(12))
  const worker = new Worker(stalledServerSource, { eval: true, workerData: gate })
  const port = await new Promise<number>(resolve => worker.once('message', resolve))
  const fillers: Socket[] = []
  for (let connected = true; connected; ) {
    const filler = connect(port, '127.0.0.1')
    filler.on('error', () => {})
    fillers.push(filler)
    connected = await Promise.race([
      new Promise<boolean>(resolve => filler.once('connect', () => resolve(true))),
      new Promise<boolean>(resolve => setTimeout(resolve, 100, false)),
    ])
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    connectionCount: () => Atomics.load(gate, 1),
    receivedBytes: () => Atomics.load(gate, 2),
    /** The number of connections once those that filled the backlog have been accepted. */
    async release(): Promise<number> {
      // The last one hangs as the client does; it is not to be mistaken for the client's.
      fillers.at(-1)?.destroy()
      Atomics.store(gate, 0, 1)
      Atomics.notify(gate, 0)
      while (Atomics.load(gate, 1) < fillers.length - 1) await new Promise(resolve => setTimeout(resolve, 5))
      return Atomics.load(gate, 1)
    },
    async close(): Promise<void> {
      for (const filler of fillers) filler.destroy()
      Atomics.notify(gate, 0)
      await worker.terminate()
    },
  }
}

const stalledServerSource = `
  const { parentPort, workerData: gate } = require('node:worker_threads')
  const server = require('node:net').createServer(socket => {
    Atomics.add(gate, 1, 1)
    socket.on('error', () => {})
    socket.on('data', chunk => Atomics.add(gate, 2, chunk.length))
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(gate, 0, 0)
  })
`

/**
 * A twin, and a server before it that notes what passes and does what a twin never does: it answers what no processor
 * was asked, cuts connections, stays silent, is gone.
 */
export class TestProcessor {
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
  connectionCount = 0
  #behavior: ProcessorBehavior = 'well'
  #twin: Twin | undefined
  #server: HttpServer | undefined
  #port = 0

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get recordedCount(): number {
    return this.#twin?.model.books.count ?? 0
  }

  async start(): Promise<void> {
    // Health calls that follow on each other are let through at once.
    this.#twin ??= await startTwin({ port: 0, delayMs: 7, healthWindowMs: 1, healthHeartbeatMs: 1 })
    this.#server = createHttpServer((request, response) => this.#answer(request, response))
    this.#server.on('connection', () => {
      this.connectionCount += 1
    })
    this.#port = await listen(this.#server, this.#port)
  }

  async stop(): Promise<void> {
    await this.#goDown()
    await this.#twin?.close()
  }

  /** Closes idle connections, as a server does after its keep-alive time. */
  closeIdleConnections(): void {
    this.#server?.closeIdleConnections()
  }

  async behave(behavior: ProcessorBehavior): Promise<void> {
    this.#behavior = behavior
    if (this.#twin !== undefined) this.#twin.model.failing = behavior === 'failing'
    if (behavior === 'down') await this.#goDown()
    else if (this.#server === undefined) await this.start()
  }

  async #goDown(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const behavior = this.#behavior
    const { method = '', url = '', headers } = request
    const isPayment = method === 'POST'
    const body = await text(request)
    this.requests.push({ method, url, headers, body })
    if (behavior === 'rejecting' && isPayment) return void response.writeHead(400).end()
    if (behavior === 'limiting' && url !== '/payments/service-health')
      return void response.writeHead(429).end()
    const answer = await fetch(`http://127.0.0.1:${this.#twin?.port}${url}`, {
      method,
      ...(isPayment && { body, headers: { 'content-type': headers['content-type'] ?? '' } }),
    })
    if (behavior === 'silent') return
    if (behavior === 'cutting' && isPayment) return void request.socket.destroy()
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  }
}
