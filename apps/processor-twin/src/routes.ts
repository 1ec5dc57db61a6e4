import type { AdminCall } from './admin.ts'
import { type Answer, methodNotAllowed, notFound } from './answer.ts'

/** Where a request goes. Paths are matched in any case and with or without a slash at the end, as ASP.NET does. */
export type Route =
  | { readonly kind: 'payment' }
  | { readonly kind: 'lookup'; readonly id: string }
  | { readonly kind: 'health' }
  | { readonly kind: 'admin'; readonly call: AdminCall }
  | { readonly kind: 'front' }
  | { readonly kind: 'none'; readonly answer: Answer }

interface Endpoint {
  readonly method: string
  readonly route: Route
}

const endpoints = new Map<string, Endpoint>([
  ['/payments', { method: 'POST', route: { kind: 'payment' } }],
  ['/payments/service-health', { method: 'GET', route: { kind: 'health' } }],
  ['/admin/payments-summary', { method: 'GET', route: { kind: 'admin', call: 'summary' } }],
  ['/admin/configurations/token', { method: 'PUT', route: { kind: 'admin', call: 'setToken' } }],
  ['/admin/configurations/delay', { method: 'PUT', route: { kind: 'admin', call: 'setDelay' } }],
  ['/admin/configurations/failure', { method: 'PUT', route: { kind: 'admin', call: 'setFailure' } }],
  ['/admin/configurations/fault', { method: 'PUT', route: { kind: 'admin', call: 'setFaults' } }],
  ['/admin/configurations/noise', { method: 'PUT', route: { kind: 'admin', call: 'setNoise' } }],
  ['/admin/purge-payments', { method: 'POST', route: { kind: 'admin', call: 'purge' } }],
  ['/admin/tamper-payments', { method: 'POST', route: { kind: 'admin', call: 'tamper' } }],
  ['/', { method: 'GET', route: { kind: 'front' } }],
])

const lookupPath = /^\/payments\/([^/]+)$/i
const nothing: Route = { kind: 'none', answer: notFound }

/** `method` in upper case, `path` without the query. */
export function findRoute(method: string, path: string): Route {
  const endpoint = endpoints.get(path) ?? endpointOf(path)
  if (endpoint === undefined) return nothing
  return endpoint.method === method
    ? endpoint.route
    : { kind: 'none', answer: methodNotAllowed(endpoint.method) }
}

function endpointOf(path: string): Endpoint | undefined {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  const endpoint = endpoints.get(trimmed.toLowerCase())
  if (endpoint !== undefined) return endpoint
  const id = lookupPath.exec(trimmed)?.[1]
  return id === undefined ? undefined : { method: 'GET', route: { kind: 'lookup', id: unescaped(id) } }
}

/** Percent escapes undone; a text with wrong ones is taken as it stands, and is then no id. */
function unescaped(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
