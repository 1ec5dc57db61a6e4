import type { ListenOptions, TemplatedApp, us_listen_socket, us_socket } from 'uWebSockets.js'
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

/** The library takes a host together with options, but its types lack this form. */
type ListenAt = (
  host: string,
  port: number,
  options: ListenOptions,
  done: (socket: us_listen_socket | false) => void,
) => unknown

/**
 * PORT is shared by all API nodes of a machine, the kernel spreads new connections over them (SO_REUSEPORT); nobody else may
 * listen on NODE_PORT.
 */
export function listen(
  uws: Uws,
  app: TemplatedApp,
  setting: 'PORT' | 'NODE_PORT',
  { host, port }: { readonly host: string; readonly port: number },
): Listener {
  const options: ListenOptions = setting === 'PORT' ? shared : exclusive
  let listener: Listener | undefined
  const listenAt = app.listen as unknown as ListenAt
  // The callback runs before `listen` returns.
  listenAt.call(app, host, port, options, socket => {
    if (socket === false) return
    listener = {
      port: uws.us_socket_local_port(socket as us_socket),
      close: () => uws.us_listen_socket_close(socket),
    }
  })
  if (listener !== undefined) return listener
  throw new StartProblem(
    `${setting}=${port}: port ${port} cannot be listened on at HTTP_HOST=${host}. Another program has it, or it needs rights ` +
      `this user lacks (ports below 1024), or this machine has no such address: stop that program, or set ${setting} to a free port.`,
  )
}
