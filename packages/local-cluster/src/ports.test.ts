import { createServer } from 'node:net'
import { listen } from '@rinha/testing'
import { expect, test } from 'vitest'
import { portProblems } from './ports.ts'

const named = (port: number) => ({ port, purpose: 'the public port', option: '--port' })

test('a free port is no problem, and is still free after the look', async () => {
  const server = createServer()
  const port = await listen(server)
  await new Promise(resolve => server.close(resolve))
  expect(await portProblems([named(port)])).toEqual([])
  expect(await portProblems([named(port)])).toEqual([])
})

test.each(['0.0.0.0', '127.0.0.1'])('a port taken on %s is named with its option', async host => {
  const port = await listen(createServer(), host)
  expect(await portProblems([named(port)])).toEqual([
    `port ${port} (the public port) is taken: stop what listens there, or choose another with --port`,
  ])
})

test('every taken port is named, not only the first', async () => {
  const [first, second] = [await listen(createServer()), await listen(createServer())]
  expect(await portProblems([named(first), named(second)])).toHaveLength(2)
})
