import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { k6Version, scriptPath, versionIn } from './k6-program.ts'

test.each([
  ['k6 v1.1.0 (go1.24.3, linux/amd64)\n', '1.1.0'],
  ['k6.exe v1.3.0 (commit/a, go1.25.0, windows/amd64)\n', '1.3.0'],
])('%j is a version', (said, version) => {
  expect(versionIn(said)).toBe(version)
})

test.each([
  ['k6 v0.49.0 (go1.21.6, linux/amd64)', 'k6 0.49.0 is too old'],
  ['something else', 'printed "something else" in place of a version'],
])('%j is refused with how to get another', (said, words) => {
  expect(() => versionIn(said)).toThrow(words)
  expect(() => versionIn(said)).toThrow('https://grafana.com/docs/k6/')
})

test('without k6 the message says how to install it', async () => {
  const before = process.env.PATH
  process.env.PATH = '/nowhere'
  try {
    await expect(k6Version()).rejects.toThrow(/not on the PATH.*https:\/\/grafana\.com\/docs\/k6\//)
  } finally {
    process.env.PATH = before
  }
})

test('the script is found from the sources', () => {
  expect(scriptPath()).toMatch(/e2e.k6.score\.ts$/)
  expect(existsSync(scriptPath())).toBe(true)
})
