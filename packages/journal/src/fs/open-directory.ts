import { statSync } from 'node:fs'
import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { err, ok, type Result } from '@rinha/base'
import type { JournalDisk } from '../disk.ts'
import { appendSynced, FsDisk, problemOf } from './fs-disk.ts'
import { takeLock } from './lock.ts'

export interface OpenDirectory {
  readonly disk: JournalDisk
  /** Lets another process in. The disk is not used any more. */
  release(): void
}

/** The timeout of a first write to a file system; it may hang. */
const answerMsMax = 900
/** The name of a file that is written to test whether files can be written. */
const probeName = 'probe'
/** The size of the smallest segment that can be configured. */
const probeBytes = 65_536

/**
 * Makes the directory if it is missing, takes its lock, and sees that a file can be made, written synced and removed there.
 * The error is words for an operator.
 */
export async function openDirectory(path: string): Promise<Result<OpenDirectory, string>> {
  const unmade = await refusalWithin(() => make(resolve(path)))
  if (unmade !== undefined) return err(`JOURNAL_DIR, ${path}, cannot be made: ${unmade}`)
  const lock = await takeLock(path)
  if (!lock.ok) return lock
  const unwritable = await refusalWithin(() => probe(path))
  if (unwritable !== undefined) {
    lock.value.release()
    return err(`JOURNAL_DIR, ${path}, cannot hold a journal: ${unwritable}`)
  }
  return ok({ disk: new FsDisk(path, lock.value), release: lock.value.release })
}

/**
 * A new name survives a power cut once its directory is synced: that goes for directories too. (The platform's own way to
 * make all that are missing never ends below /proc.)
 */
async function make(path: string): Promise<void> {
  const isThere = () =>
    stat(path).then(
      found => found.isDirectory(),
      () => false,
    )
  if (await isThere()) return
  const parent = dirname(path)
  if (parent !== path) await make(parent)
  await mkdir(path, 0o700).catch(async error => {
    // Another process was quicker.
    if (!(await isThere())) throw error
  })
  await within(await open(parent, 'r'), directory => directory.sync())
}

async function probe(path: string): Promise<void> {
  const name = join(path, probeName)
  await rm(name, { force: true })
  await within(await open(name, appendSynced, 0o600), file => file.writeFile(new Uint8Array(probeBytes)))
  await rm(name)
}

async function within(file: FileHandle, run: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await run(file)
  } finally {
    await file.close()
  }
}

/** The file system's refusal in words, or that it does not answer. */
function refusalWithin(run: () => Promise<void>): Promise<string | undefined> {
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(`it does not answer within ${answerMsMax} ms`), answerMsMax)
    run()
      .then(() => undefined, wordsOf)
      .then(words => {
        clearTimeout(timer)
        resolve(words)
      })
  })
}

/** A directory for reading only, whether a process writes to it or not. */
export function readDirectory(path: string): Result<JournalDisk, string> {
  try {
    if (!statSync(path).isDirectory()) return err(`${path} is no directory`)
  } catch (error) {
    return err(`${path} cannot be read: ${wordsOf(error)}`)
  }
  return ok(new FsDisk(path))
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? problemOf(error).message : String(error)
}
