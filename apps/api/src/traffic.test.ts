import { expect, test } from 'vitest'
import { Traffic } from './traffic.ts'

test('idle waits for the last open request', async () => {
  const traffic = new Traffic()
  traffic.begin()
  traffic.begin()
  let isIdle = false
  const idle = traffic.idle().then(() => {
    isIdle = true
  })
  traffic.end()
  await Promise.resolve()
  expect([traffic.openCount, isIdle]).toEqual([1, false])
  traffic.end()
  await idle
  expect(traffic.openCount).toBe(0)
})

test('without open requests it is idle at once, and draining does not change that', async () => {
  const traffic = new Traffic()
  expect(traffic.draining).toBe(false)
  traffic.drain()
  expect(traffic.draining).toBe(true)
  await traffic.idle()
})

test('a request that ends twice is a programmer error', () => {
  const traffic = new Traffic()
  traffic.begin()
  traffic.end()
  expect(() => traffic.end()).toThrow('ends once')
})
