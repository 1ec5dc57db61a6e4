import { type Setting, setting } from '@rinha/settings'

/** The address of a processor's sums, and the token for it. */
export interface BooksAccess {
  readonly token: string
  /** Given if it differs from the processor's own address. */
  readonly origin?: string
}

const entryPattern = /^([a-z][a-z0-9-]{0,31})=([^\s,@]{1,200})(?:@(https?:\/\/[^@/\s]+))?$/

/** Reads `name=token[@origin],…`, or answers `undefined` if the text is not of that form. */
function parseTokens(list: string): ReadonlyMap<string, BooksAccess> | undefined {
  const found = new Map<string, BooksAccess>()
  for (const entry of list.split(',').filter(each => each.trim() !== '')) {
    const [, name, token, origin] = entryPattern.exec(entry.trim()) ?? []
    if (name === undefined || token === undefined || found.has(name)) return undefined
    if (origin !== undefined && !URL.canParse(origin)) return undefined
    found.set(name, { token, ...(origin && { origin: new URL(origin).origin }) })
  }
  return found
}

/** The setting that says whose books can be compared. */
export function adminTokens(help: string): Setting<ReadonlyMap<string, BooksAccess>> {
  return setting<ReadonlyMap<string, BooksAccess>>({
    fallback: new Map(),
    help,
    secret: true,
    allowed: 'nothing, or entries name=token[@origin] joined by commas, each name one of PROCESSORS',
    parse: parseTokens,
  })
}
