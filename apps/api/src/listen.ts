import type { ListenOptions, TemplatedApp, us_socket } from 'uWebSockets.js'
import { StartProblem } from '@rinha/service'
import type { Uws } from './load-uws.ts'

/** A port that is listened on, until {@link close}. */
export interface Listener {
  readonly port: number
  close(): void
}

// The values of the library's enum, which is in its types and not in its module.
const shared: ListenOptions.LIBUS_LISTEN_DEFAULT = 0
const exclusive: ListenOptions.LIBUS_LISTEN_EXCLUSIVE_PORT = 1

/** The port that all API nodes of a machine share: the kernel spreads new connections over them (SO_REUSEPORT). */
export function listenShared(uws: Uws, app: TemplatedApp, port: number): Listener {
  return listen(uws, app, port, shared, 'PORT')
}

/** A port of this node alone: nobody else may listen on it. */
export function listenAlone(uws: Uws, app: TemplatedApp, port: number): Listener {
  return listen(uws, app, port, exclusive, 'NODE_PORT')
}

function listen(
  uws: Uws,
  app: TemplatedApp,
  port: number,
  options: ListenOptions,
  setting: string,
): Listener {
  let listener: Listener | undefined
  // The callback runs before `listen` returns.
  app.listen(port, options, socket => {
    if (socket === false) return
    listener = {
      port: uws.us_socket_local_port(socket as us_socket),
      close: () => uws.us_listen_socket_close(socket),
    }
  })
  if (listener !== undefined) return listener
  throw new StartProblem(
    `${setting}=${port}: port ${port} cannot be listened on. Another program has it, or it needs rights this user ` +
      `lacks (ports below 1024): stop that program, or set ${setting} to a free port.`,
  )
}
