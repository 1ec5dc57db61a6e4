import type { HttpRequest, TemplatedApp } from 'uWebSockets.js'
import { Exchange, type Handler } from './exchange.ts'
import type { Traffic } from './traffic.ts'

export interface Route {
  readonly method: 'get' | 'post'
  /** One path, in the library's pattern language: `:name` stands for one segment. */
  readonly path: string
  readonly handle: Handler
}

/**
 * Puts the routes on the app, and behind them what answers everything else: 405 with the methods that are allowed for
 * a path that exists (HEAD and OPTIONS too: no client of this API needs them), 404 for a path that does not.
 */
export function registerRoutes(app: TemplatedApp, routes: readonly Route[], traffic: Traffic): void {
  for (const { method, path, handle } of routes) {
    app[method](path, (response, request) => handle(new Exchange(response, traffic), request))
  }
  for (const path of new Set(routes.map(route => route.path))) {
    const allow = routes.filter(route => route.path === path).map(route => route.method.toUpperCase())
    app.any(path, (response, request) => {
      const detail = `${path} takes ${allow.join(', ')}.`
      const exchange = new Exchange(response, traffic, isHead(request))
      exchange.problem({ kind: 'method-not-allowed', detail, allow: allow.join(', ') })
    })
  }
  app.any('/*', (response, request) => {
    const paths = routes.map(route => `${route.method.toUpperCase()} ${route.path}`).join(', ')
    const exchange = new Exchange(response, traffic, isHead(request))
    exchange.problem({ kind: 'not-found', detail: `No such path. This node serves ${paths}.` })
  })
}

function isHead(request: HttpRequest): boolean {
  return request.getMethod() === 'head'
}
