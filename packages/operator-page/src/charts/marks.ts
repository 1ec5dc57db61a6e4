import type { Change, Notice } from '../data/store.ts'

/** The marks on the time line of every chart. */
export interface Mark {
  readonly atMs: number
  readonly color: string
}

const noticeColors: { readonly [kind: string]: string } = {
  circuit: '--bad',
  backlog: '--warn',
  journal: '--bad',
  node: '--quiet',
}

export function marksOf(notices: readonly Notice[], changes: readonly Change[]): readonly Mark[] {
  return [
    ...notices.map(({ at, event }) => ({
      atMs: Date.parse(at),
      color: isEnd(event) ? '--good' : (noticeColors[event.kind] ?? '--quiet'),
    })),
    ...changes.map(({ at }) => ({ atMs: Date.parse(at), color: '--accent' })),
  ]
}

/** A mark for a trouble. */
export function isEnd({ state }: Notice['event']): boolean {
  return ['closed', 'gone', 'works', 'there', 'empty', 'over', 'connected'].includes(`${state}`)
}
