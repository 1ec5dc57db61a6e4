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

/**
 * PORT is shared by all API nodes of a machine, the kernel spreads new connections over them (SO_REUSEPORT); nobody else may
 * listen on NODE_PORT.
 */
export function listen(uws: Uws, app: TemplatedApp, setting: 'PORT' | 'NODE_PORT', port: number): Listener {
  const options: ListenOptions = setting === 'PORT' ? shared : exclusive
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
