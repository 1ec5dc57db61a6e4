import { open } from 'node:fs/promises'

/** Syncs the directory, so that a file that was created or renamed in it is on disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
