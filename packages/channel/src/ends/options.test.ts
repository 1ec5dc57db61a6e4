import { expect, test } from 'vitest'
import { heartbeatMsMax, heartbeatMsMin, windowCountLimit } from '../limits.ts'
import { assertCoordinatorEndOptions, assertNodeEndOptions } from './options.ts'
import { coordinatorOptions, nodeOptions } from './testing.ts'

test('usual options, and options at the limits of what is allowed, are accepted', () => {
  for (const heartbeatMs of [heartbeatMsMin, heartbeatMsMax]) {
    assertNodeEndOptions({ ...nodeOptions, heartbeatMs, nodeName: 'a'.repeat(64), reconnectMsMin: 200 })
    assertCoordinatorEndOptions({ ...coordinatorOptions, heartbeatMs, windowCountMax: windowCountLimit })
  }
})

test.each([
  [{ nodeName: '' }, 'nodeName'],
  [{ nodeName: 'api 1' }, 'nodeName'],
  [{ nodeName: 'a'.repeat(65) }, 'nodeName'],
  [{ requestTimeoutMs: 0 }, 'requestTimeoutMs'],
  [{ requestCountMax: 1.5 }, 'requestCountMax'],
  [{ handshakeTimeoutMs: -1 }, 'handshakeTimeoutMs'],
  [{ bufferAgeMsMax: Number.POSITIVE_INFINITY }, 'bufferAgeMsMax'],
  [{ reconnectMsMin: 0 }, 'reconnectMsMin'],
  [{ reconnectMsMin: 201 }, 'reconnectMsMin is at most reconnectMsMax'],
  [{ heartbeatMs: heartbeatMsMin - 1 }, 'heartbeatMs'],
  [{ heartbeatMs: heartbeatMsMax + 1 }, 'heartbeatMs'],
  [{ heartbeatMs: 100.5 }, 'heartbeatMs is an integer'],
])('a node with %j is a mistake in the program', (wrong, words) => {
  expect(() => assertNodeEndOptions({ ...nodeOptions, ...wrong })).toThrow(words)
})

test.each([
  [{ windowCountMax: 0 }, 'windowCountMax'],
  [{ windowCountMax: windowCountLimit + 1 }, 'windowCountMax fits 32 bits'],
  [{ nodeCountMax: -1 }, 'nodeCountMax'],
  [{ handshakeTimeoutMs: 0 }, 'handshakeTimeoutMs'],
  [{ heartbeatMs: 0 }, 'heartbeatMs'],
])('a coordinator with %j is a mistake in the program', (wrong, words) => {
  expect(() => assertCoordinatorEndOptions({ ...coordinatorOptions, ...wrong })).toThrow(words)
})
