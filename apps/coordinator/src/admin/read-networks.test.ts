import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { networkCheck, parseReadNetworks } from './read-networks.ts'

test.each([
  ['', []],
  ['loopback', ['loopback']],
  ['own, 10.1.0.0/16,fd00::/8', ['own', '10.1.0.0/16', 'fd00::/8']],
  ['10.1.0.0', undefined],
  ['10.1.0.0/33', undefined],
  ['fd00::/129', undefined],
  ['10.1.0.0/16/2', undefined],
  ['all', undefined],
  ['loopback,', undefined],
])('%j is read as %j', (text, networks) => {
  expect(parseReadNetworks(text)).toEqual(networks)
})

test.each([
  ['loopback', '127.0.0.1', true],
  ['loopback', '127.8.9.1', true],
  ['loopback', '::1', true],
  ['loopback', '::ffff:127.0.0.1', true],
  ['loopback', '10.0.0.1', false],
  ['loopback', '::ffff:10.0.0.1', false],
  ['10.1.0.0/16', '10.1.200.7', true],
  ['10.1.0.0/16', '10.2.0.1', false],
  ['10.1.0.0/16', '127.0.0.1', false],
  ['fd00::/8', 'fd12::1', true],
  ['', '127.0.0.1', false],
  ['loopback', '', false],
])('with %j a request from %s may read: %s', (text, peer, may) => {
  expect(networkCheck(parseReadNetworks(text) ?? [])(peer, '10.0.0.5')).toBe(may)
})

test('own is the network of the address at which a request comes in, and no other', () => {
  const check = networkCheck(['own'])
  expect(check('127.3.0.1', '127.0.0.1')).toBe(true)
  expect(check('127.3.0.1', '10.99.0.1')).toBe(false)
  const outer = Object.values(networkInterfaces())
    .flatMap(each => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  if (outer === undefined) return
  expect(check(outer.address, outer.address)).toBe(true)
  expect(check(outer.address, '127.0.0.1')).toBe(false)
})
