import { chmodSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AdminToken, foundAdminToken } from './admin-token.ts'

const runtime = temporaryDirectory()
beforeEach(() => void vi.stubEnv('XDG_RUNTIME_DIR', runtime))
afterEach(() => void vi.unstubAllEnvs())

test('the token of a run is found by its port, for this user alone, until the run has ended', () => {
  expect(foundAdminToken(9090)).toBeUndefined()
  const made = new AdminToken(9090, [9092])
  made.write()
  expect([9090, 9092].map(foundAdminToken)).toEqual([made.token, made.token])
  expect(foundAdminToken(9091)).toBeUndefined()
  expect(readFileSync(made.tokensFile, 'utf8')).toMatch(/^operator operator [0-9a-f]{64}\n$/)
  expect(readFileSync(made.tokensFile, 'utf8')).not.toContain(made.token)
  expect(statSync(made.tokensFile).mode & 0o077).toBe(0)
  made.remove()
  expect([9090, 9092].map(foundAdminToken)).toEqual([undefined, undefined])
})

test('a directory that others may write to is not trusted', () => {
  const made = new AdminToken(9090)
  made.write()
  chmodSync(join(made.tokensFile, '..'), 0o777)
  expect(foundAdminToken(9090)).toBeUndefined()
  expect(() => new AdminToken(9090).write()).toThrow('not this user')
})
