import { outcomeOf } from '@rinha/testing'
import { expect, test } from 'vitest'
import { benchCluster } from './command.ts'
import { benchClusterOptions } from './options.ts'

test.each([
  ['before', { images: 'before', directory: undefined }],
  ['me/before@../before', { images: 'me/before', directory: '../before' }],
  ['@x', undefined],
])('--stack %s', (text, read) => {
  expect(benchClusterOptions.stack.parse(text)).toEqual(read)
})

test('a wrong option ends with 2 before anything is built', async () => {
  const { code, stderr } = await outcomeOf(benchCluster, '--rounds', '0')
  expect(code).toBe(2)
  expect(stderr).toContain('--rounds')
})
