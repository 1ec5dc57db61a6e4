/**
 * Two floors under every figure, made of the cluster's own HAProxy configuration.
 *
 * Floor A: HAProxy takes the request as it does for the cluster, and answers it itself. It is what the load, the network
 * and HAProxy's half of the work cost. It answers 200 with two bytes, because after a 204 of its own it closes the connection.
 * Floor B: HAProxy passes the request on to two servers that do nothing (e2e/k6/floor/server.mjs).
 */
const answer = 'http-request return status 200 content-type application/json string {}'

export function answeringItself(config: string): string {
  const [, frontend = '', backend = ''] =
    /^(.*?^frontend .*?)^ *default_backend .*?$(.*)$/ms.exec(config) ?? []
  if (!/^backend /m.test(backend))
    throw new Error('the HAProxy configuration has no frontend before its backend')
  return `${frontend}    ${answer}\n`
}
