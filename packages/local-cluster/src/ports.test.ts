import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { portProblems } from './ports.ts'

const servers: Server[] = []

async function listen(host: string): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>(resolve => server.listen({ port: 0, host }, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => new Promise(resolve => server.close(resolve))))
})

const named = (port: number) => ({ port, purpose: 'the public port', option: '--port' })

test('a free port is no problem, and is still free after the look', async () => {
  const port = await listen('127.0.0.1')
  await new Promise(resolve => servers.pop()?.close(resolve))
  expect(await portProblems([named(port)])).toEqual([])
  expect(await portProblems([named(port)])).toEqual([])
})

test.each(['0.0.0.0', '127.0.0.1'])('a port taken on %s is named with its option', async host => {
  const port = await listen(host)
  expect(await portProblems([named(port)])).toEqual([
    `port ${port} (the public port) is taken: stop what listens there, or choose another with --port`,
  ])
})

test('every taken port is named, not only the first', async () => {
  const [first, second] = [await listen('127.0.0.1'), await listen('127.0.0.1')]
  expect(await portProblems([named(first), named(second)])).toHaveLength(2)
})
