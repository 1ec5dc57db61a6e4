import { type Setting, setting } from '@rinha/settings'

/** Where a processor tells its sums, and what it must be shown. */
export interface BooksAccess {
  readonly token: string
  /** Where it is not the processor's own. */
  readonly origin?: string
}

const entryPattern = /^([a-z][a-z0-9-]{0,31})=([^\s,@]{1,200})(?:@(https?:\/\/[^@/\s]+))?$/

/** Reads `name=token[@origin],…`, or `undefined` where it is not of that form. */
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
    shown: '',
    help,
    secret: true,
    allowed: 'nothing, or entries name=token[@origin] joined by commas, each name one of PROCESSORS',
    parse: parseTokens,
  })
}
