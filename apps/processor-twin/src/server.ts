import uWS, {
  type HttpRequest,
  type HttpResponse,
  type ListenOptions,
  type TemplatedApp,
  type us_listen_socket,
} from 'uWebSockets.js'
import type { BodyRefusal, PaymentRequest, ProcessorModel } from '@rinha/processor-model'
import { StartProblem } from '@rinha/service'
import type { Admin, AdminCall } from './admin.ts'
import { type Answer, payloadTooLarge } from './answer.ts'
import type { PaymentCodec } from './codec.ts'
import { insteadOf } from './faults.ts'
import { bodyBytesMax } from './options.ts'
import { findRoute } from './routes.ts'

/** What answers requests. The server in front of it only knows HTTP. */
export interface TwinParts {
  readonly model: ProcessorModel
  readonly codec: PaymentCodec
  readonly admin: Admin
}

/** All routes of one twin, not yet listening. `front` is the answer to `GET /`. */
export function createServer(parts: TwinParts, front: Answer): TemplatedApp {
  return uWS.App().any('/*', (res, req) => {
    const route = findRoute(req.getCaseSensitiveMethod(), req.getUrl())
    switch (route.kind) {
      case 'payment':
        return servePayment(parts, res, req)
      case 'lookup':
        return serveLookUp(parts, res, route.id)
      case 'health':
        return serveHealth(parts, res)
      case 'admin':
        return serveAdmin(parts.admin, route.call, res, req)
      case 'front':
        return new OpenRequest(res, () => {}).reply(front)
      case 'none':
        return new OpenRequest(res, () => {}).reply(route.answer)
    }
  })
}

/** Listens, alone on its port, and answers the port it got. */
export function listen(
  app: TemplatedApp,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const listenAt = app.listen as unknown as ListenAt
    listenAt.call(app, host, port, exclusivePort, socket => {
      if (socket) resolve(uWS.us_socket_local_port(socket))
      else
        reject(
          new StartProblem(
            `PORT=${port} at HTTP_HOST=${host} is taken or not allowed; set PORT to a free one`,
          ),
        )
    })
  })
}

/** The library takes a host together with options, but its types lack this form. */
type ListenAt = (
  host: string,
  port: number,
  options: ListenOptions,
  done: (socket: us_listen_socket | false) => void,
) => unknown

/**
 * `LIBUS_LISTEN_EXCLUSIVE_PORT`, which the library's types hold in an enum that does not exist at run time. Without it a
 * second process could listen on the same port, and each would get some of the connections.
 */
const exclusivePort = 1 as ListenOptions

function servePayment({ model, codec }: TwinParts, res: HttpResponse, req: HttpRequest): void {
  let payment: PaymentRequest | BodyRefusal | undefined
  const contentType = req.getHeader('content-type')
  const request = new OpenRequest(res, () => model.goneAway(call))
  const call = model.arrive((status, instead) => {
    if (instead === 'reset') return request.reset()
    const own = codec.encodePayment(status, payment)
    request.reply(instead === undefined ? own : insteadOf(instead, own))
  })
  if (!request.open) return
  request.readBody(
    body => {
      payment = codec.decodePayment(contentType, body)
      model.bodyArrived(call, payment)
    },
    () => {
      request.reply(payloadTooLarge)
      model.goneAway(call)
    },
  )
}

function serveLookUp({ model, codec }: TwinParts, res: HttpResponse, id: string): void {
  const request = new OpenRequest(res, () => model.goneAway(call))
  const call = model.lookUp(codec.decodeId(id), (answer, instead) => {
    if (instead === 'reset') return request.reset()
    const own = codec.encodeLookUp(answer)
    request.reply(instead === undefined ? own : insteadOf(instead, own))
  })
}

function serveHealth({ model, codec }: TwinParts, res: HttpResponse): void {
  const request = new OpenRequest(res, () => goneAway())
  const goneAway = model.health(answer => request.reply(codec.encodeHealth(answer)))
}

function serveAdmin(admin: Admin, call: AdminCall, res: HttpResponse, req: HttpRequest): void {
  const request = new OpenRequest(res, () => {})
  const token = req.getHeader('x-rinha-token')
  const contentType = req.getHeader('content-type')
  const query = req.getQuery()
  request.readBody(
    body => request.reply(admin.answer({ call, token, contentType, query, body })),
    () => request.reply(payloadTooLarge),
  )
}

/** One request and its answer: at most one, and none once the client is gone. */
class OpenRequest {
  /** Neither answered nor left by its client. The library's object must not be touched after. */
  open = true
  readonly #res: HttpResponse

  constructor(res: HttpResponse, gone: () => void) {
    this.#res = res
    res.onAborted(() => {
      if (!this.open) return
      this.open = false
      gone()
    })
  }

  readonly reply = (answer: Answer): void => {
    if (!this.open) return
    this.open = false
    this.#res.cork(() => write(this.#res, answer))
  }

  /** Closes the connection without an answer. */
  reset(): void {
    if (!this.open) return
    this.open = false
    this.#res.close()
  }

  /** Calls `whole` with all of the body, valid only during the call, or `tooLarge` as soon as it is longer than allowed. */
  readBody(whole: (body: Uint8Array) => void, tooLarge: () => void): void {
    let kept: Buffer = Buffer.alloc(0)
    this.#res.onData((chunk, isLast) => {
      if (!this.open) return
      if (kept.length + chunk.byteLength > bodyBytesMax) return tooLarge()
      if (isLast && kept.length === 0) return whole(new Uint8Array(chunk))
      kept = Buffer.concat([kept, new Uint8Array(chunk)])
      if (isLast) whole(kept)
    })
  }
}

function write(res: HttpResponse, answer: Answer): void {
  res.writeStatus(answer.status)
  if (answer.type === 'json') res.writeHeader('Content-Type', 'application/json; charset=utf-8')
  else if (answer.type === 'problem') res.writeHeader('Content-Type', 'application/problem+json')
  else if (answer.type === 'text') res.writeHeader('Content-Type', 'text/plain; charset=utf-8')
  if (answer.retryAfterS !== undefined) res.writeHeader('Retry-After', String(answer.retryAfterS))
  if (answer.allow !== undefined) res.writeHeader('Allow', answer.allow)
  res.end(answer.body)
}
