import type { Edit } from './mutant.ts'

/** Edits of one file each, and of any file of a room. */

export const engine = inFile('packages/engine/src/engine.ts')
export const attempts = inFile('packages/engine/src/attempts.ts')
export const ledger = inFile('packages/ledger/src/ledger.ts')
export const coordinator = (find: string, replace: string, file = 'coordinator.ts'): Edit =>
  inRoom('coordinator')(file, find, replace)
export const classify = inFile('packages/processor/src/classify.ts')
export const routing = inRoom('routing')
export const channel = inRoom('channel')
export const node = inRoom('node')
export const journal = inRoom('journal')

function inFile(file: string) {
  return (find: string, replace: string): Edit => ({ file, find, replace })
}

export function inRoom(room: string) {
  return (file: string, find: string, replace: string): Edit =>
    inFile(`packages/${room}/src/${file}`)(find, replace)
}
