import type { Socket } from 'node:net'
import { type PromisingClient, promising } from '../index.ts'
import { createProcessorClient, type ProcessorClientOptions } from './index.ts'
import { isWholeRequest, rawServer, TestProcessor } from './testing.ts'

/** Clients for this package's tests, of the twin and of servers that answer any bytes; all are closed by {@link closeAll}. */

export const payment = {
  correlationId: new Uint8Array(16).fill(0xab),
  amountCents: 1990,
  requestedAtMs: 1_754_774_396_123,
}
/** Against hanging: what is to come comes at once, and a busy machine is late. */
export const waitMsMax = 20_000
/** A timeout that is meant to expire. It is long enough for a busy machine to deliver what must arrive before. */
export const shortMs = 2000

const cleanups: (() => Promise<void>)[] = []

/** Runs when the test is over, before what was registered earlier. */
export function atEnd(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup)
}

export async function closeAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
}

interface TestClient extends PromisingClient {
  close(): Promise<void>
}

export function clientOf(origin: string, options: Partial<ProcessorClientOptions> = {}): TestClient {
  const client = createProcessorClient({
    name: 'default',
    origin,
    callCountMax: 4,
    attemptTimeoutMs: waitMsMax,
    healthTimeoutMs: waitMsMax,
    connectTimeoutMs: waitMsMax,
    bodyBytesMax: 4096,
    ...options,
  })
  atEnd(() => client.close())
  return { ...promising(client), close: () => client.close() }
}

export async function startProcessor(): Promise<TestProcessor> {
  const processor = new TestProcessor()
  await processor.start()
  atEnd(() => processor.stop())
  return processor
}

/** A client of a server that does this once it has read a whole request. */
export async function clientOfRaw(
  onRequest: (socket: Socket, count: number) => void,
  options: Partial<ProcessorClientOptions> = {},
): Promise<TestClient> {
  let count = 0
  const server = await rawServer((socket, text) => {
    if (!isWholeRequest(text)) return
    count += 1
    onRequest(socket, count)
  })
  atEnd(server.close)
  return clientOf(server.origin, options)
}

export const jsonAnswer = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** Writes the start, then one more piece every 50 ms for as long as the connection lives. */
export function drip(socket: Socket, start: string, piece: string): void {
  socket.write(start)
  const timer = setInterval(() => socket.write(piece), 50)
  socket.on('close', () => clearInterval(timer))
}
