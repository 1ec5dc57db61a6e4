import { expect, test } from 'vitest'
import { parseLogServers } from './log-settings.ts'

test('the servers of a log are addresses, with one user for all', () => {
  expect(parseLogServers('nats://a:4222,nats://b:4223, nats://10.0.0.3')).toEqual({
    addresses: ['a:4222', 'b:4223', '10.0.0.3:4222'],
    user: undefined,
    password: undefined,
    needsTls: false,
  })
  expect(parseLogServers('tls://us%40er:pa:ss@a,tls://b')).toMatchObject({
    user: 'us@er',
    password: 'pa:ss',
    needsTls: true,
  })
})

test.each([
  'a:4222',
  'http://a:4222',
  'nats://a:4222/path',
  'nats://a:4222,nats://a:4222',
  'nats://a,tls://b',
  'nats://a,nats://user:secret@b',
  'nats://a:99999',
  'nats://,nats://b',
  'nats://a,',
])('%s is not a list of servers', list => expect(parseLogServers(list)).toBeUndefined())
