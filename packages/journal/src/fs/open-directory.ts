import { mkdirSync, statSync } from 'node:fs'
import { err, ok, type Result } from '@rinha/base'
import type { JournalDisk } from '../disk.ts'
import { FsDisk, problemOf } from './fs-disk.ts'
import { takeLock } from './lock.ts'

export interface OpenDirectory {
  readonly disk: JournalDisk
  /** Lets another process in. The disk is not used any more. */
  release(): void
}

/** Makes the directory if it is missing, and takes its lock. The error is words for an operator. */
export async function openDirectory(path: string): Promise<Result<OpenDirectory, string>> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    return err(`JOURNAL_DIR, ${path}, cannot be made: ${wordsOf(error)}`)
  }
  const lock = await takeLock(path)
  if (!lock.ok) return lock
  return ok({ disk: new FsDisk(path, lock.value), release: lock.value.release })
}

/** A directory to be looked at, with or without a process that writes in it. Nothing may be changed through it. */
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
