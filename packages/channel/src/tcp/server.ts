import { type AddressInfo, createServer, type Server } from 'node:net'
import { assert } from '@rinha/base'
import { CoordinatorEnd } from '../ends/coordinator-end.ts'
import type { ChannelHandlers, ChannelServer } from '../port.ts'
import { handshakeCrypto } from './crypto.ts'
import type { ChannelServerOptions } from './options.ts'
import { SocketStream } from './socket-stream.ts'
import { chance, timers } from './surroundings.ts'

/**
 * The coordinator's end of the channel, once it listens. Rejects with an `Error` that says what to do where the port
 * cannot be had; its `code` is the platform's (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …).
 */
export function listenChannel(
  options: ChannelServerOptions,
  handlers: ChannelHandlers | undefined,
): Promise<ChannelServer> {
  assert(options.secret.length > 0, 'there is a secret')
  const ports = { timers, chance, crypto: handshakeCrypto(options.secret) }
  const end = new CoordinatorEnd(options, handlers, ports)
  const server = createServer({ noDelay: true }, socket =>
    end.onConnection(new SocketStream(socket, `${socket.remoteAddress}`)),
  )
  return listen(server, options).then(port => {
    // Out of file descriptors, say: the connection is not made, those that are go on.
    server.on('error', error => end.problem(`a connection could not be accepted: ${error.message}`))
    return channelServer(end, server, port)
  })
}

function channelServer(end: CoordinatorEnd, server: Server, port: number): ChannelServer {
  return {
    port,
    get nodes() {
      return end.nodes
    },
    get nodeLoads() {
      return end.nodeLoads
    },
    get roomShort() {
      return end.roomShort
    },
    serve: serving => end.serve(serving),
    refreshWindows: () => end.refreshWindows(),
    close: () => {
      end.close()
      return new Promise(resolve => {
        server.close(() => resolve())
      })
    },
  }
}

/** Resolves with the port. */
function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(listenProblem(error, host, port)))
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reason =
    error.code === 'EADDRINUSE'
      ? `port ${port} on ${host} is taken by another process: stop it or choose another channel port`
      : `cannot listen for API nodes on ${host}:${port}: ${error.message}`
  return Object.assign(new Error(reason, { cause: error }), { code: error.code })
}
