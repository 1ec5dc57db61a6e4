import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { expect, test } from 'vitest'
import { readKeys } from './read-keys.ts'
import { startNode } from './testing.ts'

const hash = createHash('sha256').update('open-sesame').digest('hex')

function write(text: string): string {
  const path = join(temporaryDirectory(), 'keys')
  writeFileSync(path, text)
  return path
}

test('a key is found by its hash, with its name and its rate', () => {
  const holderOf = readKeys(write(`# clients\r\n\r\n shop\t${hash.toUpperCase()}  50\nbob ${'0'.repeat(64)}`))
  expect(holderOf('open-sesame')).toEqual({ name: 'shop', requestsPerSecond: 50 })
  for (const key of ['open-sesam', '', hash]) expect(holderOf(key)).toBeUndefined()
})

test.each([
  [`shop ${hash.slice(1)}`, 1],
  [`shop ${hash} 0`, 1],
  [`shop ${hash} 1.5`, 1],
  [`shop ${hash} 1000001`, 1],
  [`# fine\nshop ${hash}\n${hash}`, 3],
  [`shop ${hash}\nshop ${hash}`, 2],
  ['shop open-sesame', 1],
])('%j stops the start with the number of its wrong line, and not with what it says', (text, line) => {
  expect(() => readKeys(write(text))).toThrow(`is wrong in line ${line}`)
  expect(() => readKeys(write(text))).not.toThrow(/open-sesame|[0-9a-f]{20}/)
})

test('a file that is not there or has no key stops the start', async () => {
  await expect(startNode({ API_KEYS_FILE: '/nowhere/keys' })).rejects.toThrow(
    'API_KEYS_FILE=/nowhere/keys cannot be read: ENOENT',
  )
  expect(() => readKeys(write('# nobody\n'))).toThrow('has no key')
})

test('a node with keys answers requests with a key, and health requests of everybody', async () => {
  const node = await startNode({ API_KEYS_FILE: write(`shop ${hash} 2`) })
  const ask = (path: string, authorization?: string) =>
    fetch(
      `http://127.0.0.1:${node.port}${path}`,
      authorization === undefined ? {} : { headers: { authorization } },
    )
  const refused = await ask('/payments-summary')
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  expect((await ask('/health')).status).toBe(200)
  const answers = [
    await ask('/payments-summary', 'Bearer open-sesame'),
    await ask('/payments/1', 'bearer open-sesame'),
    await ask('/payments-summary', 'Bearer open-sesame'),
  ]
  // There is no coordinator. The second request passes the keys, and its id is malformed.
  expect(answers.map(({ status }) => status)).toEqual([503, 400, 429])
  await node.stop()
})
