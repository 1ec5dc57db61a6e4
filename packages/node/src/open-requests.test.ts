import { expect, test } from 'vitest'
import { OpenRequests } from './open-requests.ts'

test('the node is idle when the last open request has ended', () => {
  const requests = new OpenRequests()
  requests.begin()
  requests.begin()
  let isIdle = false
  requests.whenIdle(() => {
    isIdle = true
  })
  requests.end()
  expect([requests.count, isIdle]).toEqual([1, false])
  requests.end()
  expect([requests.count, isIdle]).toEqual([0, true])
})

test('without open requests the node is idle at once, also while it drains', () => {
  const requests = new OpenRequests()
  expect(requests.draining).toBe(false)
  requests.drain()
  expect(requests.draining).toBe(true)
  let isIdle = false
  requests.whenIdle(() => {
    isIdle = true
  })
  expect(isIdle).toBe(true)
})

test('a request that ends twice is a programmer error', () => {
  const requests = new OpenRequests()
  requests.begin()
  requests.end()
  expect(() => requests.end()).toThrow('ends once')
})
