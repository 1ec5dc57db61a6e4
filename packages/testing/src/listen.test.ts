import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { listen } from './listen.ts'
import { until } from './until.ts'

describe('a server that listens for a test', () => {
  const ports: number[] = []
  let closedCount = 0

  test('has a port of its own, TCP or HTTP', async () => {
    const http = createHttpServer((_, response) => response.end('here'))
    const port = await listen(http)
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here')
    ports.push(port, await listen(createServer()))
    expect(new Set(ports).size).toBe(2)
    // Neither side ends this connection.
    connect(port, '127.0.0.1').on('close', () => {
      closedCount += 1
    })
    await until(() => new Promise(resolve => http.getConnections((_, count) => resolve(count === 2))))
  })

  test('is gone with it, and so are its connections', async () => {
    await until(() => closedCount === 1)
    for (const port of ports) {
      const error = await new Promise(resolve => connect(port, '127.0.0.1').once('error', resolve))
      expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    }
  })
})
