import { connect, type Socket } from 'node:net'
import { until } from '@rinha/testing'
import { afterEach, describe, test } from 'vitest'
import { streamContract } from '../ends/contract.ts'
import { SocketStream } from './socket-stream.ts'
import { listenRaw, portOf } from './testing.ts'

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

/**
 * Waits until all written bytes have arrived. Bytes written to a local socket are ready at the next turn of the event
 * loop, before an echo that is requested now. More echoes cover bytes that are written in answer to these.
 */
async function settle(): Promise<void> {
  const [near, far] = await connectedEnds()
  let echoCount = 0
  const ignored = { onDrained: () => {}, onError: () => {}, onClosed: () => {} }
  far.attach({ ...ignored, onData: chunk => far.write(chunk) })
  near.attach({
    ...ignored,
    onData: chunk => {
      echoCount += 1
      near.write(chunk)
    },
  })
  near.write(Uint8Array.of(1))
  await until(() => echoCount >= 20, 'the echo came')
  near.destroy()
}

describe('a TCP socket as a stream', () => {
  test.each(streamContract.map(check => [check.name, check] as const))('%s', async (_, check) => {
    const ends = await connectedEnds()
    await check.run({ ends, until: async (what, condition) => void (await until(condition, what)), settle })
  })
})
