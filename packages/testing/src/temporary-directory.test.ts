import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

const ofTheFile = temporaryDirectory()
const earlier: string[] = []
let ofTheTest: string

beforeEach(() => {
  ofTheTest = temporaryDirectory()
})

// Programs that a test started may still write there. Hooks stop them, and run first.
afterEach(() => {
  expect(existsSync(ofTheTest)).toBe(true)
})

test.each([1, 2])('test %i has a directory of its own, and those of the tests before are gone', () => {
  writeFileSync(join(ofTheTest, 'file'), 'text')
  expect(existsSync(ofTheFile)).toBe(true)
  expect(earlier.map(path => existsSync(path))).toEqual(earlier.map(() => false))
  expect(earlier).not.toContain(ofTheTest)
  earlier.push(ofTheTest)
})
