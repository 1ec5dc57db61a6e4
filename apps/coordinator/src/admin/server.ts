import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { adminOperations } from '@rinha/admin-api'
import { assert } from '@rinha/base'
import { type Handlers, type ProblemAnswer, Router } from '@rinha/openapi'
import { type Logger, StartProblem } from '@rinha/service'
import type { CoordinatorSettings } from '../settings.ts'
import { Access } from './access.ts'
import { type AdminHandlers, handleRequest } from './handle-request.ts'
import { sendProblem, sendRawProblem } from './send.ts'
import { readTokens } from './tokens.ts'

/**
 * The operator's port: JSON over HTTP. Apart from the API nodes, so that it answers when they do not, and so that it need
 * not be reachable from where payments come from. What it answers is written down in `packages/admin-api`.
 */
export interface AdminServer {
  readonly port: number
  /** Answers by these handlers from now on. */
  serve(handlers: Handlers<typeof adminOperations>): void
  close(): Promise<void>
}

const requestMsMax = 10_000
const connectionCountMax = 256
/** How often Node looks for requests that are too slow. */
const slowLookMs = 1000

/** Opens the admin port of the settings. */
export function openAdmin(
  settings: CoordinatorSettings,
  handlers: Handlers<typeof adminOperations>,
  log: Logger,
): Promise<AdminServer> {
  return startAdmin(settings.ADMIN_HOST, settings.ADMIN_PORT, accessOf(settings), handlers, log)
}

function accessOf({
  ADMIN_HOST,
  ADMIN_NAMES,
  ADMIN_TOKENS_FILE,
  ADMIN_READ_NETWORKS,
}: CoordinatorSettings): Access {
  return new Access({
    names: [ADMIN_HOST, ...ADMIN_NAMES.split(',')].filter(name => name !== ''),
    tokens: ADMIN_TOKENS_FILE === '' ? undefined : readTokens(ADMIN_TOKENS_FILE),
    readNetworks: ADMIN_READ_NETWORKS,
  })
}

async function startAdmin(
  host: string,
  port: number,
  access: Access,
  handlers: Handlers<typeof adminOperations>,
  log: Logger,
): Promise<AdminServer> {
  const onBug = (error: unknown) => log.error({ error }, 'a bug at the admin port')
  const context = { access, router: new Router(adminOperations), handlers: checked(handlers), onBug }
  const options = {
    requestTimeout: requestMsMax,
    headersTimeout: requestMsMax,
    connectionsCheckingInterval: slowLookMs,
  }
  const server = createServer(options, (request, response) => {
    const { method, url } = request
    response.on('close', () => log.debug({ method, url, status: response.statusCode }, 'admin request'))
    handleRequest(context, request, response)
  })
  server.maxConnections = connectionCountMax
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    sendRawProblem(socket, brokenRequest(error)),
  )
  server.on('checkExpectation', (_, response) =>
    sendProblem(response, { problem: 'bad-request', detail: 'Of Expect only 100-continue is known.' }),
  )
  await listen(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    serve: others => {
      context.handlers = checked(others)
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function checked(handlers: Handlers<typeof adminOperations>): AdminHandlers {
  const handled = Object.keys(handlers).sort().join()
  assert(handled === Object.keys(adminOperations).sort().join(), 'a handler for each operation, and no other')
  return handlers as AdminHandlers
}

function brokenRequest({ code }: NodeJS.ErrnoException): ProblemAnswer {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { problem: 'body-too-slow', detail: `A request is to be whole within ${requestMsMax / 1000} s.` }
  if (code === 'HPE_HEADER_OVERFLOW')
    return { problem: 'headers-too-large', detail: 'Headers have at most 16 KiB.' }
  return { problem: 'bad-request', detail: 'This is no HTTP request.' }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new StartProblem(
      `cannot serve on ADMIN_HOST=${host} ADMIN_PORT=${port}: ${(error as Error).message}`,
    )
  }
}
