/**
 * Rows as lines for a terminal, columns two spaces apart. The first column is aligned left and the others right;
 * `'lrl'`, say, sets the alignment of each.
 */
export function alignedTable(rows: readonly (readonly string[])[], sides = 'l'): readonly string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, { length }] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, length)
  return rows.map(row =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return sides[column] === 'l' ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
}
