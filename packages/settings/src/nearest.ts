/** The nearest known name, if its distance is at most `distanceMax(name)`. */
export function nearest(
  name: string,
  known: readonly string[],
  distanceMax: (known: string) => number,
): string | undefined {
  return known
    .map(each => ({ each, distance: editDistance(name, each) }))
    .filter(({ each, distance }) => distance <= distanceMax(each))
    .sort((a, b) => a.distance - b.distance)[0]?.each
}

/** Letters to put in, take out, replace, or exchange with their neighbour (optimal string alignment), row by row. */
function editDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row]
    rows.push(next)
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, at(row - 1, column) + 1, at(row, column - 1) + 1))
      const isExchanged = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (row > 1 && column > 1 && isExchanged)
        next[column] = Math.min(next[column] ?? 0, at(row - 2, column - 2) + 1)
    }
  }
  return at(from.length, to.length)
}
