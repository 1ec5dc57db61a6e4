import { expect, test } from 'vitest'
import { findRoute } from './routes.ts'

test.each([
  ['POST', '/payments', { kind: 'payment' }],
  ['POST', '/Payments/', { kind: 'payment' }],
  ['GET', '/payments/service-health', { kind: 'health' }],
  ['GET', '/payments/abc', { kind: 'lookup', id: 'abc' }],
  ['GET', '/payments/%7Ba%7D', { kind: 'lookup', id: '{a}' }],
  ['GET', '/payments/%zz', { kind: 'lookup', id: '%zz' }],
  ['GET', '/admin/payments-summary', { kind: 'admin', call: 'summary' }],
  ['PUT', '/admin/configurations/token', { kind: 'admin', call: 'setToken' }],
  ['PUT', '/admin/configurations/delay', { kind: 'admin', call: 'setDelay' }],
  ['PUT', '/admin/configurations/failure', { kind: 'admin', call: 'setFailure' }],
  ['PUT', '/admin/configurations/noise', { kind: 'admin', call: 'setNoise' }],
  ['POST', '/admin/purge-payments', { kind: 'admin', call: 'purge' }],
  ['GET', '/', { kind: 'front' }],
] as const)('%s %s is served', (method, path, route) => {
  expect(findRoute(method, path)).toEqual(route)
})

test.each([
  ['GET', '/payments', '405', 'POST'],
  ['POST', '/payments/service-health', '405', 'GET'],
  ['DELETE', '/payments/abc', '405', 'GET'],
  ['POST', '/admin/configurations/delay', '405', 'PUT'],
  ['GET', '/payments/abc/def', '404', undefined],
  ['GET', '/payment', '404', undefined],
  ['POST', '/purge-payments', '404', undefined],
])('%s %s is answered %s', (method, path, status, allow) => {
  const route = findRoute(method, path)
  expect(route.kind === 'none' && route.answer.status.slice(0, 3)).toBe(status)
  expect(route.kind === 'none' && route.answer.allow).toBe(allow)
})
