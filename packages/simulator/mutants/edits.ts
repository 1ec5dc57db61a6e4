import type { Edit } from './mutant.ts'

/** Edits of one file or room each. */

export const engine = (find: string, replace: string): Edit => ({
  file: 'packages/engine/src/engine.ts',
  find,
  replace,
})
export const attempts = (find: string, replace: string): Edit => ({
  file: 'packages/engine/src/attempts.ts',
  find,
  replace,
})
export const ledger = (find: string, replace: string): Edit => ({
  file: 'packages/ledger/src/ledger.ts',
  find,
  replace,
})
export const routing = (file: string, find: string, replace: string): Edit => ({
  file: `packages/routing/src/${file}`,
  find,
  replace,
})
export const channel = (file: string, find: string, replace: string): Edit => ({
  file: `packages/channel/src/${file}`,
  find,
  replace,
})
export const coordinator = (find: string, replace: string, file = 'coordinator.ts'): Edit => ({
  file: `packages/coordinator/src/${file}`,
  find,
  replace,
})
export const node = (file: string, find: string, replace: string): Edit => ({
  file: `packages/node/src/${file}`,
  find,
  replace,
})
