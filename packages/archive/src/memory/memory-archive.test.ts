import { until } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import { archiveContract } from '../contract.ts'
import { settledPayment } from '../testing.ts'
import { MemoryArchive } from './memory-archive.ts'

const later = (run: () => void) => void Promise.resolve().then(run)

describe('an archive in memory', () => {
  test.each(archiveContract.map(check => [check.name, check] as const))('%s', async (_, check) => {
    await check.run({
      archive: new MemoryArchive(later),
      until: async (what, condition) => {
        await until(condition, what)
      },
    })
  })
})

test('a problem is told, and nothing was added', async () => {
  const archive = new MemoryArchive(later)
  archive.problem = 'no space left'
  const problem = await new Promise(resolve => archive.add([settledPayment(1)], resolve))
  expect([problem, archive.count]).toEqual(['no space left', 0])
})
