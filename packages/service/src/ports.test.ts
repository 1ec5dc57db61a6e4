import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort, freePorts, portProblem } from './ports.ts'

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
  // The ports that the system assigns by itself are above all of these.
  expect(Math.max(...ports)).toBeLessThan(typeof address === 'object' ? (address?.port ?? 0) : 0)
})

test('rows of ports are free, and do not overlap', async () => {
  const rows = (await freePorts(20, 4)).map(first => [first, first + 1, first + 2, first + 3])
  expect(new Set(rows.flat()).size).toBe(80)
  for (const port of rows.flat()) expect(await portProblem(port)).toBeUndefined()
})

test('a port that somebody listens on has a problem, and one that is free has none, twice', async () => {
  const port = await freePort()
  expect([await portProblem(port), await portProblem(port)]).toEqual([undefined, undefined])
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  expect(await portProblem(port)).toBe('EADDRINUSE')
  server.close()
})
