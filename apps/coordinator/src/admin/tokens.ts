import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { StartProblem } from '@rinha/service'

/** The holder of a token, and its role. */
export interface Holder {
  readonly name: string
  readonly role: 'viewer' | 'operator'
}

/** The holders of tokens, by the SHA-256 of each token. The tokens themselves are not stored. */
export class Tokens {
  readonly #entries: readonly { readonly holder: Holder; readonly hash: Buffer }[]

  constructor(entries: readonly { readonly holder: Holder; readonly hash: Buffer }[]) {
    this.#entries = entries
  }

  /** Takes as long whichever of them it is, or none. */
  holderOf(token: string): Holder | undefined {
    const hash = createHash('sha256').update(token).digest()
    let found: Holder | undefined
    for (const entry of this.#entries) if (timingSafeEqual(entry.hash, hash)) found = entry.holder
    return found
  }
}

const expected =
  'a name, viewer or operator, and the SHA-256 of the token in 64 hexadecimal digits, with blanks between'

/** Reads ADMIN_TOKENS_FILE: a line for each token; empty lines and those that begin with # are skipped. Throws a StartProblem. */
export function readTokens(path: string): Tokens {
  const problem = (words: string) => new StartProblem(`ADMIN_TOKENS_FILE=${path} ${words}`)
  const entries: { holder: Holder; hash: Buffer }[] = []
  for (const [index, line] of readText(path, problem).split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, name, role, hex] =
      /^\s*([\w.@-]{1,64})\s+(viewer|operator)\s+([0-9a-f]{64})\s*$/i.exec(line) ?? []
    if (name === undefined || hex === undefined)
      throw problem(`is wrong in line ${index + 1}: expected are ${expected}`)
    if (entries.some(({ holder }) => holder.name === name))
      throw problem(`is wrong in line ${index + 1}: the name ${name} occurs in an earlier line`)
    const holder = { name, role: role?.toLowerCase() === 'operator' ? 'operator' : 'viewer' } as const
    entries.push({ holder, hash: Buffer.from(hex, 'hex') })
  }
  if (entries.length === 0) throw problem(`has no token: expected in each line are ${expected}`)
  return new Tokens(entries)
}

function readText(path: string, problem: (words: string) => StartProblem): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw problem(`cannot be read: ${(error as Error).message}`)
  }
}
