import { constants, existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory, until } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import { diskContract } from '../contract.ts'
import type { DiskProblem } from '../disk.ts'
import { FsDisk, problemOf } from './fs-disk.ts'
import { openDirectory, readDirectory } from './open-directory.ts'

describe('a directory as a disk', () => {
  test.each(diskContract.map(check => [check.name, check] as const))('%s', async (_, check) => {
    await check.run({
      disk: new FsDisk(temporaryDirectory()),
      until: async (what, condition) => {
        await until(condition, what)
      },
    })
  })
})

test('a problem of the platform keeps its code', () => {
  const problem = problemOf(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
  expect([problem.code, problem.message]).toEqual(['ENOSPC', 'no space left'])
  expect(problemOf(new Error('odd')).code).toBe('EIO')
})

test('an append to a file that was closed ends with a problem', async () => {
  const file = new FsDisk(temporaryDirectory()).create('a')
  file.close()
  let problem: DiskProblem | undefined
  file.append(new Uint8Array(3), found => {
    problem = found
  })
  await until(() => problem !== undefined)
  expect(problem?.code).toBe('EBADF')
})

// A test cannot cut the power. It can check the flags with which the file was opened.
test.runIf(process.platform === 'linux')('what is appended is on disk when the write returns', () => {
  const directory = temporaryDirectory()
  const file = new FsDisk(directory).create('a')
  const descriptor = readdirSync('/proc/self/fd').find(each => targetOf(each) === join(directory, 'a'))
  const [, flags = ''] =
    /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? []
  expect(Number.parseInt(flags, 8) & constants.O_DSYNC).toBe(constants.O_DSYNC)
  file.close()
})

function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    // The descriptor with which the list was read is closed by now.
    return undefined
  }
}

test('a missing directory is made, for its owner alone', async () => {
  const path = join(temporaryDirectory(), 'deep', 'down')
  const opened = await openDirectory(path)
  expect(opened.ok).toBe(true)
  if (opened.ok) opened.value.release()
  expect(readDirectory(path).ok).toBe(true)
})

test('a path that cannot be a directory is refused with a text that names the setting', async () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  expect(await openDirectory(join(file, 'below'))).toMatchObject({
    ok: false,
    error: expect.stringMatching(/JOURNAL_DIR/),
  })
  expect(readDirectory(file).ok).toBe(false)
  expect(readDirectory(join(file, 'nothing')).ok).toBe(false)
})

test('a path that leaves no room for the lock is refused with both lengths', async () => {
  const path = join(temporaryDirectory(), 'x'.repeat(100))
  const opened = await openDirectory(path)
  expect(opened).toMatchObject({
    ok: false,
    error: expect.stringMatching(/JOURNAL_DIR.*too long.*10[37] bytes/),
  })
  expect(existsSync(join(path, 'lock'))).toBe(false)
})
