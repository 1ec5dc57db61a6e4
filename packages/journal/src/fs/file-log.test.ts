import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '@rinha/base'
import { temporaryDirectory, until } from '@rinha/testing'
import { expect, test } from 'vitest'
import { DiskProblem } from '../disk.ts'
import { FileLog } from '../file-log.ts'
import { type LogHarness, logContract } from '../log/contract.ts'
import { readJournal, recoverJournal } from '../recover.ts'
import { options } from '../testing.ts'
import { openDirectory, readDirectory } from './open-directory.ts'

function harness(): LogHarness {
  const path = temporaryDirectory()
  let isFull = false
  return {
    async start(sink) {
      rmSync(join(path, 'lock'), { force: true })
      const opened = await openDirectory(path)
      assert(opened.ok, 'the directory is there')
      const { disk } = opened.value
      const found = recoverJournal(disk, options, sink)
      assert(found.ok, 'the log is read')
      // No test can fill a real disk.
      const create = disk.create.bind(disk)
      disk.create = name => {
        const file = create(name)
        const append = file.append.bind(file)
        file.append = (bytes, done) =>
          isFull ? done(new DiskProblem('ENOSPC', 'no space left')) : append(bytes, done)
        return file
      }
      const log = new FileLog(disk, found.value, { ...options, journalId: new Uint8Array(16).fill(7) })
      return { log, found: found.value }
    },
    async read(sink) {
      const disk = readDirectory(path)
      expect(disk.ok && readJournal(disk.value, sink)).toMatchObject({ ok: true })
    },
    async setFull(isNowFull) {
      isFull = isNowFull
    },
    until: async (what, condition) => {
      await until(condition, what)
    },
  }
}

test.each(logContract)('the log in real files: $name', check => check.run(harness()))
