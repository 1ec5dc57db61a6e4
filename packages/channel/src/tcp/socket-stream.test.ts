import { connect, type Socket } from 'node:net'
import { until } from '@rinha/testing'
import { afterEach, describe, test } from 'vitest'
import { streamContract } from '../ends/contract.ts'
import { SocketStream } from './socket-stream.ts'
import { listenRaw, portOf, sleep } from './testing.ts'

const cleanUp: (() => unknown)[] = []
afterEach(() => {
  for (const each of cleanUp.splice(0)) each()
})

async function connectedEnds(): Promise<[SocketStream, SocketStream]> {
  let called: Socket | undefined
  const server = await listenRaw(socket => {
    called = socket
  })
  const caller = connect({ port: portOf(server), host: '127.0.0.1' })
  await until(() => called !== undefined && !caller.connecting, 'connected')
  cleanUp.push(
    () => caller.destroy(),
    () => called?.destroy(),
    () => server.close(),
  )
  return [new SocketStream(caller, 'called'), new SocketStream(called as Socket, 'caller')]
}

describe('a TCP socket as a stream', () => {
  test.each(streamContract.map(check => [check.name, check] as const))('%s', async (_, check) => {
    await check.run({
      ends: await connectedEnds(),
      until: async (what, condition) => {
        await until(condition, what)
      },
      settle: async () => void (await sleep(30)),
    })
  })
})
