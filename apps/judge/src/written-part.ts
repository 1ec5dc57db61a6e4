/**
 * A page of which a command writes a part, between two comments that name it; a page without them gets the part at its
 * end. What people wrote around it stays.
 */
export function withWrittenPart(page: string, command: string, part: string): string {
  const begin = `<!-- ${command} writes from here -->`
  const end = `<!-- ${command} writes to here -->`
  const block = `${begin}\n\n${part}\n\n${end}`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  return from >= 0 && to > from
    ? page.slice(0, from) + block + page.slice(to + end.length)
    : `${page}\n${block}\n`
}
