import { assert } from '@rinha/base'
import type { Operation } from '@rinha/openapi'
import { publicOperations } from '@rinha/public-api'
import { getDocument, getProblemPage } from './documents.ts'
import { PaymentReads } from './get-payment.ts'
import { getSummary } from './get-summary.ts'
import { type Handler, HttpCall } from './http-call.ts'
import { KeyGate } from './key-gate.ts'
import { OpenRequests } from './open-requests.ts'
import type { HttpRequest, HttpResponse, NodeOptions, NodePorts } from './ports.ts'
import { postPayment } from './post-payment.ts'
import { getHealth, getReady } from './probes.ts'
import { purgePayments } from './purge-payments.ts'

interface Route {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly handle: Handler
  /** If the node has API keys, a request of this kind needs one. */
  readonly needsKey: boolean
}

/**
 * An API node without its sockets: takes HTTP requests, answers each once, and delivers payments over the channel. What
 * it holds is in the channel's send buffer; it decides nothing about a payment's fate. What it serves is what the document
 * of `packages/public-api` says.
 */
export class ApiNode {
  readonly openRequests = new OpenRequests()
  /** By path: each takes one method. */
  readonly #routes: ReadonlyMap<string, Route>
  /** Handlers by the part of the path before its parameter, which is always the last segment. */
  readonly #routesWithParameter: ReadonlyMap<string, Route>
  readonly #notFound: string
  readonly #ports: NodePorts
  readonly #reads: PaymentReads
  readonly #keys: KeyGate | undefined

  constructor(ports: NodePorts, options: NodeOptions) {
    const { channels } = ports
    const { nodeName } = options
    this.#ports = ports
    this.#reads = new PaymentReads(ports, options)
    if (ports.keyHolderOf !== undefined) this.#keys = new KeyGate(ports.keyHolderOf, ports)
    const handlers: { readonly [Id in keyof typeof publicOperations]: Handler } = {
      postPayment: postPayment(ports, options),
      getPayment: this.#reads.get,
      getSummary: getSummary(channels),
      purgePayments: purgePayments(channels),
      getHealth: getHealth(nodeName),
      getReady: getReady(nodeName, channels),
      getDocument: getDocument(),
      getProblemPage,
    }
    const routes = Object.entries(publicOperations).map(([id, operation]) =>
      routeOf(operation, handlers[id as keyof typeof handlers]),
    )
    const isParameterised = ({ path }: Route) => path.endsWith('}')
    this.#routes = new Map(routes.filter(route => !isParameterised(route)).map(route => [route.path, route]))
    this.#routesWithParameter = new Map(
      routes.filter(isParameterised).map(route => [route.path.replace(/[^/]*$/, ''), route]),
    )
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
    if (this.#ports.onAnswered !== undefined) this.#observe(call, route?.path ?? 'other')
    if (route === undefined) return call.problem({ kind: 'not-found', detail: this.#notFound })
    if (route.method === method || (route.method === 'get' && method === 'head')) {
      const refusal = route.needsKey ? this.#keys?.refusalOf(request) : undefined
      if (refusal !== undefined) return call.problem(refusal)
      route.handle(call, request)
      return call.handled()
    }
    const allow = route.method === 'get' ? 'GET, HEAD' : 'POST'
    const headers = [['Allow', allow]] as const
    call.problem({ kind: 'method-not-allowed', detail: `${route.path} takes ${allow}.`, headers })
  }

  /** From now on every answer closes its connection, and requests no longer wait for the end of a payment. */
  drain(): void {
    this.openRequests.drain()
    this.#reads.stop()
  }

  /** Clients that wait for the end of a payment. */
  get waitCount(): number {
    return this.#reads.waitCount
  }

  #observe(call: HttpCall, path: string): void {
    const { onAnswered, monotonicMs } = this.#ports
    const beganMs = monotonicMs()
    call.onAnswered = status => onAnswered?.(path, status, monotonicMs() - beganMs)
  }

  #routeOf(path: string): Route | undefined {
    const route = this.#routes.get(path)
    if (route !== undefined) return route
    const segmentAt = path.lastIndexOf('/') + 1
    return segmentAt === path.length ? undefined : this.#routesWithParameter.get(path.slice(0, segmentAt))
  }
}

function routeOf({ method, path, role }: Operation, handle: Handler): Route {
  assert(method === 'GET' || method === 'POST', 'no other method is served')
  return { method: method === 'GET' ? 'get' : 'post', path, handle, needsKey: role === 'client' }
}
