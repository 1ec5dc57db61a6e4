import { copyFileSync, linkSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { LevelStore } from './level-store.ts'

/** A name of a checkpoint begins with this. A process that dies leaves one behind, and the next start removes it. */
export const checkpointPrefix = 'read-'
const tryCountMax = 20

/**
 * A second view of a store, for reading, while a process writes to it: LevelDB itself lets only one process in. LevelDB never
 * changes a table once it is written, so the view has a link to each of them. It has copies of the small rest.
 *
 * The logs come first. A table that replaces a log is then in the list of tables, which is copied after it. A table that is
 * removed before it is linked makes the view incomplete: LevelDB says so when it opens the view, and the next try is made.
 */
export async function openCheckpoint(
  parent: string,
  source: string,
  processors: readonly string[],
): Promise<LevelStore> {
  for (let tryCount = 1; ; tryCount += 1) {
    const path = mkdtempSync(join(parent, checkpointPrefix))
    const remove = () => rmSync(path, { recursive: true, force: true })
    try {
      copyStore(source, path)
      return closing(await LevelStore.open(path, { processors }), remove)
    } catch (error) {
      remove()
      if (tryCount === tryCountMax) throw error
    }
  }
}

function copyStore(source: string, path: string): void {
  const copy = (name: string) => copyFileSync(join(source, name), join(path, name))
  for (const name of readdirSync(source)) if (name.endsWith('.log')) copy(name)
  for (const name of readdirSync(source)) if (/^(CURRENT|MANIFEST-\d+)$/.test(name)) copy(name)
  for (const name of readdirSync(source))
    if (name.endsWith('.ldb')) linkSync(join(source, name), join(path, name))
}

function closing(store: LevelStore, remove: () => void): LevelStore {
  const close = store.close.bind(store)
  store.close = () => close().finally(remove)
  return store
}
