interface PagesProps {
  /** The cursors of the earlier pages and of this one. The first page has none. */
  readonly cursors: readonly string[]
  readonly nextCursor: string | null
  readonly go: (cursors: readonly string[]) => void
  readonly words: readonly [back: string, forth: string]
}

/** Moves through the pages of a list. */
export function Pages({ cursors, nextCursor, go, words: [back, forth] }: PagesProps) {
  return (
    <div class="actions">
      {cursors.length > 0 && (
        <button type="button" onClick={() => go(cursors.slice(0, -1))}>
          {back}
        </button>
      )}
      {nextCursor !== null && (
        <button type="button" onClick={() => go([...cursors, nextCursor])}>
          {forth}
        </button>
      )}
    </div>
  )
}
