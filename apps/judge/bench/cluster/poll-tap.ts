import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** TCP in front of a processor, which notes when its health is asked for. */
export class PollTap {
  readonly polledAtMs: number[] = []
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  static async listen(targetPort: number): Promise<PollTap> {
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true }, client => {
      const target = connect({ host: '127.0.0.1', port: targetPort, noDelay: true })
      for (const [from, to] of [
        [client, target],
        [target, client],
      ] as const) {
        sockets.add(from)
        from.on('error', () => to.destroy())
        from.on('close', () => {
          sockets.delete(from)
          to.destroy()
        })
        from.pipe(to)
      }
      client.on('data', bytes => {
        if (bytes.includes('GET /payments/service-health')) tap.polledAtMs.push(performance.now())
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const tap = new PollTap(server, sockets)
    return tap
  }

  /** The time between each poll and the one before. */
  get gapsMs(): readonly number[] {
    return this.polledAtMs.slice(1).map((atMs, index) => atMs - (this.polledAtMs[index] ?? 0))
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
