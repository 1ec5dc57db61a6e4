import { closeSync, fsyncSync, openSync } from 'node:fs'

/** A new name survives a power cut once the directory that has it is synced. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
