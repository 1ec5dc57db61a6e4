import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartProblem } from '@rinha/service'

/**
 * The operator's port: JSON over HTTP, read only. Apart from the API nodes, so that it answers when they do not, and so
 * that it need not be reachable from where payments come from.
 */
export interface AdminRoutes {
  readonly [path: string]: () => object
}

export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

export async function startAdmin(host: string, port: number, routes: AdminRoutes): Promise<AdminServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    if (route === undefined)
      return sendProblem(response, 404, 'Not Found', `Known paths: ${Object.keys(routes).join(', ')}.`)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return sendProblem(response, 405, 'Method Not Allowed', `${path} is read with GET.`)
    }
    send(response, 200, 'application/json', route())
  })
  await listen(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
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

/** Problem details, RFC 9457. */
function sendProblem(response: ServerResponse, status: number, title: string, detail: string): void {
  send(response, status, 'application/problem+json', { type: 'about:blank', title, status, detail })
}

function send(response: ServerResponse, status: number, contentType: string, body: object): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
