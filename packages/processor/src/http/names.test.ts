import { PerformanceObserver } from 'node:perf_hooks'
import { afterEach, expect, test } from 'vitest'
import { atEnd, clientOf, closeAll, payment, startProcessor } from './testing-clients.ts'

afterEach(closeAll)

/** How often the system was asked for an address, as Node.js measures it. */
function countLookups(): () => number {
  let count = 0
  const observer = new PerformanceObserver(list => {
    count += list.getEntriesByName('lookup').length
  })
  observer.observe({ type: 'dns' })
  atEnd(async () => observer.disconnect())
  return () => count
}

test('connections that are made at once and soon after share one look-up of the name', async () => {
  const lookupCount = countLookups()
  const processor = await startProcessor()
  const client = clientOf(processor.origin.replace('127.0.0.1', 'localhost'))
  for (let round = 0; round < 3; round += 1) {
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => client.pay(payment)))
    expect(new Set(outcomes.map(({ kind }) => kind))).not.toContain('unknown')
    await client.health()
    processor.closeIdleConnections()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  expect(processor.connectionCount).toBeGreaterThan(8)
  expect(lookupCount()).toBe(1)
})

test('a name is looked up anew once a connection could not be made', async () => {
  const lookupCount = countLookups()
  const processor = await startProcessor()
  const client = clientOf(processor.origin.replace('127.0.0.1', 'localhost'))
  await client.pay(payment)
  await processor.behave('down')
  for (const sent of [false, false])
    expect(await client.pay(payment)).toMatchObject({ kind: 'refused', sent })
  await processor.behave('well')
  expect(await client.pay(payment)).toEqual({ kind: 'duplicate' })
  await expect.poll(lookupCount).toBe(3)
})
