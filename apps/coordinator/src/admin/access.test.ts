import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, expect, test } from 'vitest'
import { bearer, closeAll, exchange, startStack, tokens } from '../testing.ts'

afterEach(closeAll)

function ask(url: string, headers: Record<string, string> = {}, method = 'GET', body = '') {
  const { hostname, port, pathname, search } = new URL(url)
  return exchange({ hostname, port, path: `${pathname}${search}`, method, headers }, body)
}

const resubmit = '/payments/00000000-0000-0000-0000-000000000000/resubmit'

test('with tokens, a viewer may read and an operator may change, and a request without a token may do neither', async () => {
  const { admin } = await startStack()
  const both = async (headers: Record<string, string>) => [
    (await ask(`${admin}/queue-status`, headers)).status,
    (await ask(`${admin}${resubmit}`, headers, 'POST')).status,
  ]
  // 404: the change was allowed, and there is no such payment.
  expect(await both(bearer(tokens.operator))).toEqual([200, 404])
  expect(await both({ authorization: `bearer   ${tokens.operator} ` })).toEqual([200, 404])
  expect(await both(bearer(tokens.viewer))).toEqual([200, 403])
  for (const headers of [
    {},
    bearer('wrong'),
    bearer(''),
    { authorization: tokens.operator },
    { authorization: `Basic ${tokens.operator}` },
    bearer(`${tokens.operator}, ${tokens.viewer}`),
  ])
    expect(await both(headers)).toEqual([401, 401])
  const { headers, body } = await ask(`${admin}/queue-status`, bearer('wrong'))
  expect(headers['www-authenticate']).toBe('Bearer realm="admin", error="invalid_token"')
  expect(JSON.parse(body)).toMatchObject({ type: '/problems/unauthenticated', status: 401 })
  for (const path of ['/health', '/ready', '/openapi.json', '/problems/forbidden'])
    expect((await ask(`${admin}${path}`)).status).toBe(200)
})

test('without tokens, loopback may read, and no request may change anything', async () => {
  const { admin } = await startStack({ ADMIN_TOKENS_FILE: '' })
  expect((await ask(`${admin}/queue-status`)).status).toBe(200)
  expect((await ask(`${admin}/queue-status`, bearer('whatever'))).status).toBe(200)
  const refused = await ask(`${admin}${resubmit}`, bearer('whatever'), 'POST')
  expect([refused.status, JSON.parse(refused.body).detail]).toEqual([
    403,
    expect.stringContaining('ADMIN_TOKENS_FILE'),
  ])
})

const outer = Object.values(networkInterfaces())
  .flatMap(each => each ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

test.skipIf(outer === undefined)(
  'without tokens, another address reads only where its network is named',
  async () => {
    const from = async (environment: Record<string, string>) => {
      const { admin } = await startStack({ ADMIN_TOKENS_FILE: '', ADMIN_HOST: '0.0.0.0', ...environment })
      const url = `http://${outer}:${new URL(admin).port}`
      return [
        (await ask(`${url}/queue-status`)).status,
        (await ask(`${url}/health`)).status,
        (await ask(`${url}${resubmit}`, {}, 'POST')).status,
      ]
    }
    expect(await from({})).toEqual([403, 200, 403])
    expect(await from({ ADMIN_READ_NETWORKS: 'loopback' })).toEqual([403, 200, 403])
    expect(await from({ ADMIN_READ_NETWORKS: 'own' })).toEqual([200, 200, 403])
    expect(await from({ ADMIN_READ_NETWORKS: `${outer}/32` })).toEqual([200, 200, 403])
  },
)

test('where networks may read, only changes need a token, and a wrong token is refused', async () => {
  const { admin } = await startStack({ ADMIN_READ_NETWORKS: 'loopback' })
  expect((await ask(`${admin}/queue-status`)).status).toBe(200)
  expect((await ask(`${admin}/queue-status`, bearer('wrong'))).status).toBe(401)
  expect((await ask(`${admin}${resubmit}`, {}, 'POST')).status).toBe(401)
  expect((await ask(`${admin}${resubmit}`, bearer(tokens.operator), 'POST')).status).toBe(404)
})

test('any request with a foreign host name or origin is refused', async () => {
  const { admin } = await startStack({ ADMIN_NAMES: 'cluster.example,coordinator' })
  const { host, port } = new URL(admin)
  const status = async (headers: Record<string, string>, path = '/queue-status') =>
    (await ask(`${admin}${path}`, { ...bearer(tokens.operator), ...headers })).status
  for (const name of [
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '[::1]',
    '10.0.0.1',
    'cluster.example',
    'coordinator',
  ])
    expect([name, await status({ host: `${name}:${port}` })]).toEqual([name, 200])
  const foreign = [
    'evil.example',
    'localhost.evil.example',
    'evil',
    '127.0.0.1.evil.example',
    'a@localhost',
    'localhost/',
    'x y',
  ]
  for (const name of foreign)
    for (const path of ['/queue-status', '/health', '/nothing'])
      expect([name, await status({ host: name }, path)]).toEqual([name, 403])
  expect(await status({ origin: `http://${host}` })).toBe(200)
  for (const origin of [
    'http://evil.example',
    'null',
    `http://localhost:${port}`,
    `http://127.0.0.1:1`,
    `http://${host}.evil`,
  ])
    expect([origin, await status({ origin }), await status({ origin }, '/health')]).toEqual([
      origin,
      403,
      403,
    ])
})

test('unknown methods, media types and encodings are refused, each with its own problem', async () => {
  const { admin } = await startStack()
  const asked = (path: string, method = 'GET', more: Record<string, string> = {}, body = '') =>
    ask(`${admin}${path}`, { ...bearer(tokens.operator), ...more }, method, body)
  const options = await asked(resubmit, 'OPTIONS')
  expect([options.status, options.headers.allow, options.headers['access-control-allow-origin']]).toEqual([
    204,
    'POST',
    undefined,
  ])
  const head = await asked('/queue-status', 'HEAD')
  expect([head.status, head.body]).toEqual([200, ''])
  for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE'])
    expect([method, (await asked('/audit', method)).status]).toEqual([method, 405])
  expect((await asked('/audit', 'GET', { accept: 'text/html' })).status).toBe(406)
  expect((await asked('/metrics', 'GET', { accept: 'text/plain' })).status).toBe(200)
  const json = { 'content-type': 'application/json' }
  expect((await asked(resubmit, 'POST', { ...json, 'content-encoding': 'gzip' }, '{}')).status).toBe(415)
  expect((await asked(resubmit, 'POST', { 'content-type': 'application/jsonp' }, '{}')).status).toBe(415)
  expect((await asked(resubmit, 'POST', json, '\xff')).status).toBe(400)
  for (const path of [
    '/payments/%zz',
    '/payments/%ff',
    '/audit?cursor=%',
    '/audit?limit=0',
    '/audit?cursor=-1',
    '/audit?cursor=1&cursor=2',
    '/audit?page=1',
  ])
    expect([path, (await asked(path)).status]).toEqual([path, 400])
})

test('every answer forbids caching, framing and sniffing, and limits what a page may load', async () => {
  const { admin } = await startStack()
  for (const path of ['/problems/not-found', '/queue-status', '/nothing']) {
    const { headers } = await ask(`${admin}${path}`, bearer(tokens.viewer))
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/)
    expect(headers['content-security-policy']).not.toContain('unsafe')
  }
})

test('bytes that are not HTTP, and headers that are too large, are answered with a problem and cut off', async () => {
  const { coordinator } = await startStack()
  const talk = (text: string) =>
    new Promise<string>((resolve, reject) => {
      let heard = ''
      const socket = connect(coordinator.adminPort, '127.0.0.1', () => socket.write(text))
      socket.on('data', piece => (heard += piece))
      socket.on('close', () => resolve(heard))
      socket.on('error', reject)
    })
  const large = await talk(`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
  expect(large).toMatch(
    /^HTTP\/1\.1 431 [\s\S]*application\/problem\+json[\s\S]*"type":"\/problems\/headers-too-large"/,
  )
  // A browser always sends the host name that it used.
  for (const nameless of [
    'GET /health HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n',
    'GET /health HTTP/1.0\r\n\r\n',
  ])
    expect(await talk(nameless)).toMatch(/^HTTP\/1\.1 403 /)
  const expecting = 'GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: more\r\nConnection: close\r\n\r\n'
  expect(await talk(expecting)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"type":"\/problems\/bad-request"/)
  const garbage = await talk('\x16\x03\x01 hello\r\n\r\n')
  expect(garbage).toMatch(/^HTTP\/1\.1 400 [\s\S]*"type":"\/problems\/bad-request"/)
})
