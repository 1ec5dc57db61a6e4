/** Text as it is written in HTML and SVG, attributes included. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** The words at a place of an SVG, in the style of the picture unless `attributes` say another. */
export function svgText(x: number, y: number, words: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(words)}</text>`
}

/** A cell that is text stands left, a figure right. */
export interface Table {
  readonly caption: string
  /** Columns whose heading begins with `<` hold text. */
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A table that is too wide scrolls by itself, also by keyboard. */
export function table({ caption, head, rows }: Table): string {
  const isText = head.map(name => name.startsWith('<'))
  const side = (at: number) => (isText[at] ? ' class="t"' : '')
  const heading = (name: string, at: number) =>
    `<th scope="col"${side(at)}>${escaped(name.replace(/^</, ''))}</th>`
  const cell = (text: string, at: number) =>
    at === 0 ? `<th scope="row"${side(at)}>${escaped(text)}</th>` : `<td${side(at)}>${escaped(text)}</td>`
  return [
    `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(caption)}"><table><caption>${escaped(caption)}</caption>`,
    `<thead><tr>${head.map(heading).join('')}</tr></thead><tbody>`,
    ...rows.map(row => `<tr>${row.map(cell).join('')}</tr>`),
    '</tbody></table></div>',
  ].join('\n')
}
