import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePorts } from './free-ports.ts'

test('ports are distinct, can be listened on, and are none that outgoing connections get', async () => {
  const ports = await freePorts(5)
  expect(new Set(ports).size).toBe(5)
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(10_000)
    const server = createServer().listen(port)
    await once(server, 'listening')
    server.close()
  }
  const lent = createServer().listen(0)
  await once(lent, 'listening')
  const address = lent.address()
  lent.close()
  // What the system lends by itself lies above all of them.
  expect(Math.max(...ports)).toBeLessThan(typeof address === 'object' ? (address?.port ?? 0) : 0)
})
