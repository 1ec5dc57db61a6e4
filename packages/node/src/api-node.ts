import { getPayment, paymentPathPrefix } from './get-payment.ts'
import { getSummary } from './get-summary.ts'
import { type Handler, HttpCall } from './http-call.ts'
import { OpenRequests } from './open-requests.ts'
import type { HttpRequest, HttpResponse, NodeOptions, NodePorts } from './ports.ts'
import { postPayment } from './post-payment.ts'
import { getHealth, getReady } from './probes.ts'
import { purgePayments } from './purge-payments.ts'

interface Route {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly handle: Handler
}

/**
 * An API node without its sockets: takes HTTP requests, answers each once, and delivers payments over the channel. What
 * it holds is in the channel's send buffer; it decides nothing about a payment's fate.
 */
export class ApiNode {
  readonly openRequests = new OpenRequests()
  /** By path: each takes one method. */
  readonly #routes: ReadonlyMap<string, Route>
  readonly #paymentRoute: Route
  readonly #notFound: string

  constructor(ports: NodePorts, options: NodeOptions) {
    const { channel } = ports
    const { nodeName } = options
    this.#paymentRoute = {
      method: 'get',
      path: `${paymentPathPrefix}{correlationId}`,
      handle: getPayment(channel),
    }
    const routes: readonly Route[] = [
      { method: 'post', path: '/payments', handle: postPayment(ports, options) },
      this.#paymentRoute,
      { method: 'get', path: '/payments-summary', handle: getSummary(channel) },
      { method: 'post', path: '/purge-payments', handle: purgePayments(channel) },
      { method: 'get', path: '/health', handle: getHealth(nodeName) },
      { method: 'get', path: '/ready', handle: getReady(nodeName, channel) },
    ]
    this.#routes = new Map(routes.map(route => [route.path, route]))
    const served = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`).join(', ')
    this.#notFound = `No such path. This node serves ${served}.`
  }

  /**
   * Answers one request, now or later. A path takes one method; one that takes GET takes HEAD, which is the same answer
   * without its body (RFC 9110 § 9.3.2). OPTIONS is answered 405 like every other.
   */
  readonly serve = (response: HttpResponse, request: HttpRequest): void => {
    const method = request.getMethod()
    const call = new HttpCall(response, this.openRequests, method === 'head')
    const route = this.#routeOf(request.getUrl())
    if (route === undefined) return call.problem({ kind: 'not-found', detail: this.#notFound })
    if (route.method === method || (route.method === 'get' && method === 'head')) {
      route.handle(call, request)
      return call.handled()
    }
    const allow = route.method === 'get' ? 'GET, HEAD' : 'POST'
    call.problem({ kind: 'method-not-allowed', detail: `${route.path} takes ${allow}.`, allow })
  }

  #routeOf(path: string): Route | undefined {
    return this.#routes.get(path) ?? (isPaymentPath(path) ? this.#paymentRoute : undefined)
  }
}

/** Whether one segment, which is not empty, follows the prefix. */
function isPaymentPath(path: string): boolean {
  return (
    path.length > paymentPathPrefix.length &&
    path.startsWith(paymentPathPrefix) &&
    !path.includes('/', paymentPathPrefix.length)
  )
}
