import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Connection, type Target } from './connection.ts'
import type { ProxyFault } from './fault.ts'

export interface FaultProxyOptions {
  /** Where it listens; port 0 takes a free one, which it keeps. */
  readonly host: string
  readonly port: number
  readonly target: Target
}

/** Starts a proxy without a fault. Rejects with the system's error where it cannot listen. */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(options)
  await proxy.adjustPort()
  return proxy
}

/** A TCP proxy in front of one target, whose link can be given a fault. */
export class FaultProxy {
  readonly #options: FaultProxyOptions
  readonly #connections = new Set<Connection>()
  #port: number
  #fault: ProxyFault | undefined
  #server: Server | undefined
  #closed = false
  /** Opening and closing the port, one at a time; never rejects. */
  #portChange: Promise<void> = Promise.resolve()
  #allClosed: (() => void) | undefined

  constructor(options: FaultProxyOptions) {
    this.#options = options
    this.#port = options.port
  }

  get port(): number {
    return this.#port
  }

  /** Connections through it that are open on either side. */
  get connectionCount(): number {
    return this.#connections.size
  }

  /** Opens or closes the port, as the current fault or the end requires. */
  adjustPort(): Promise<void> {
    const change = this.#portChange.then(async () => {
      const wanted = !this.#closed && this.#fault?.kind !== 'refuse'
      if (wanted && this.#server === undefined) this.#server = await this.#listen()
      if (wanted || this.#server === undefined) return
      // The port is closed at once; the server's own `close` waits for its connections, which have ends of their own.
      this.#server.close()
      this.#server = undefined
    })
    this.#portChange = change.catch(() => {})
    return change
  }

  /**
   * Puts a fault in the place of the one there is; `undefined` heals. Connections feel it when this returns; it resolves
   * when the port is as it should be, too (`refuse` closes it), and rejects where it cannot be opened again.
   */
  async setFault(fault: ProxyFault | undefined): Promise<void> {
    this.#fault = fault
    for (const connection of this.#connections) connection.setFault(fault)
    await this.adjustPort()
  }

  /** Resets every connection and stops listening. Nothing is left when it resolves. */
  async close(): Promise<void> {
    this.#closed = true
    await this.adjustPort()
    const allClosed = new Promise<void>(resolve => {
      this.#allClosed = resolve
    })
    for (const connection of this.#connections) connection.reset()
    if (this.#connections.size > 0) await allClosed
  }

  async #listen(): Promise<Server> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, client => this.#accept(client))
    server.listen(this.#port, this.#options.host)
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    return server
  }

  #accept(client: Socket): void {
    const fault = this.#fault
    if (this.#closed || fault?.kind === 'reset' || fault?.kind === 'refuse') {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const connection: Connection = new Connection(client, {
      target: this.#options.target,
      fault,
      onClosed: () => {
        this.#connections.delete(connection)
        if (this.#connections.size === 0) this.#allClosed?.()
      },
    })
    this.#connections.add(connection)
  }
}
