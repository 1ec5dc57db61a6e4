import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { StartProblem } from '@rinha/service'

/**
 * The operator's port: JSON over HTTP. Apart from the API nodes, so that it answers when they do not, and so that it need
 * not be reachable from where payments come from.
 *
 * What changes something is a POST of JSON, which no page in a browser can send: one of another origin is refused by its
 * Origin, and a name that somebody made to point here by the Host that it comes with.
 */
export interface AdminRoutes {
  /** What is read, by path. */
  readonly views: { readonly [path: string]: () => AdminAnswer }
  /** What is read as text, by path. */
  readonly texts: { readonly [path: string]: () => Promise<AdminText> }
  /** `GET /payments/{id}` */
  readonly show: (id: string) => AdminAnswer
  /** `POST /payments/{id}/{kind}`, by kind. */
  readonly orders: {
    readonly [kind: string]: (id: string, body: unknown, answer: (answer: AdminAnswer) => void) => void
  }
}

export interface AdminAnswer {
  readonly status: number
  readonly body: object
}

/** An answer that is no JSON. */
export interface AdminText {
  readonly text: string
  readonly contentType: string
}

export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

/** An order has some 120. */
const bodyBytesMax = 4096
const requestMsMax = 10_000

export async function startAdmin(host: string, port: number, routes: AdminRoutes): Promise<AdminServer> {
  const server = createServer({ requestTimeout: requestMsMax }, (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const [, id, kind] = /^\/payments\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? []
    const order = kind !== undefined && Object.hasOwn(routes.orders, kind) ? routes.orders[kind] : undefined
    if (id !== undefined && order !== undefined) {
      if (request.method !== 'POST') return sendNotAllowed(response, 'POST')
      const refusal = refusalOf(request, host)
      if (refusal !== undefined) return send(response, refusal)
      return readJson(request, body => {
        if ('status' in body) send(response, body)
        else order(id, body.json, answer => send(response, answer))
      })
    }
    const view = Object.hasOwn(routes.views, path) ? routes.views[path] : undefined
    const isPayment = id !== undefined && kind === undefined
    const answer = isPayment ? () => routes.show(id) : view
    const text = Object.hasOwn(routes.texts, path) ? routes.texts[path] : undefined
    if (answer === undefined && text === undefined) return send(response, notFound(routes))
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendNotAllowed(response, 'GET, HEAD')
    if (answer !== undefined) send(response, answer())
    else
      text?.().then(
        said => sendText(response, said),
        error => send(response, problem(500, 'Internal Server Error', String(error))),
      )
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

/** Problem details, RFC 9457. */
export function problem(status: number, title: string, detail: string): AdminAnswer {
  return { status, body: { type: 'about:blank', title, status, detail } }
}

/** Why a request that changes something is not heard. */
function refusalOf({ headers }: IncomingMessage, adminHost: string): AdminAnswer | undefined {
  const { origin, host = '' } = headers
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host))
    return problem(403, 'Forbidden', `Not from a page of ${origin}.`)
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
  const isOurs = name === adminHost || name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) > 0
  // A name without a dot is of the network it is used in (a container's), not of a stranger.
  if (!isOurs && (name === '' || name.includes('.')))
    return problem(403, 'Forbidden', `Not under the name ${host}: use an address, localhost or ADMIN_HOST.`)
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/json')
    return problem(415, 'Unsupported Media Type', 'The body is to be application/json.')
  return undefined
}

/** The body, or the answer to one that cannot be read. Nothing is a body, too: an empty object. */
function readJson(
  request: IncomingMessage,
  done: (body: AdminAnswer | { readonly json: unknown }) => void,
): void {
  const pieces: Buffer[] = []
  let bytesCount = 0
  request.on('data', (piece: Buffer) => {
    bytesCount += piece.length
    if (bytesCount <= bodyBytesMax) pieces.push(piece)
  })
  request.on('end', () => {
    if (bytesCount > bodyBytesMax)
      return done(problem(413, 'Content Too Large', `A body has at most ${bodyBytesMax} bytes.`))
    try {
      done({ json: JSON.parse(bytesCount === 0 ? '{}' : Buffer.concat(pieces).toString()) })
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      done(problem(400, 'Bad Request', 'The body is no JSON.'))
    }
  })
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

function notFound({ views, texts, orders }: AdminRoutes): AdminAnswer {
  const paths = [
    ...Object.keys(views),
    ...Object.keys(texts),
    '/payments/{id}',
    ...Object.keys(orders).map(kind => `/payments/{id}/${kind}`),
  ]
  return problem(404, 'Not Found', `Known paths: ${paths.join(', ')}.`)
}

function sendNotAllowed(response: ServerResponse, allow: string): void {
  response.setHeader('allow', allow)
  send(response, problem(405, 'Method Not Allowed', `Allowed here: ${allow}.`))
}

function sendText(response: ServerResponse, { text, contentType }: AdminText): void {
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' })
  response.end(text)
}

function send(response: ServerResponse, { status, body }: AdminAnswer): void {
  const contentType = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
