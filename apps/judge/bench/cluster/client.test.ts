import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '@rinha/testing'
import { expect, test } from 'vitest'
import { client } from './client.ts'

test('payments that wait for the log do not hold up one that does not', async () => {
  let waitingCount = 0
  const server = createServer((request, response) => {
    if (request.url === '/received') response.end()
    else waitingCount += 1
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const node = client((server.address() as AddressInfo).port)
  const waiting = Array.from({ length: 600 }, () => node.send({ method: 'POST', path: '/replicated' }))
  await until(() => waitingCount === 600, 'all wait')
  expect(await node.send({ method: 'POST', path: '/received' })).toMatchObject({ status: 200 })
  await node.close()
  await Promise.all(waiting)
  server.close()
})
