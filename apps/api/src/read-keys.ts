import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { KeyHolder } from '@rinha/node'
import { StartProblem } from '@rinha/service'

const expected =
  'a name, the SHA-256 of the key in 64 hexadecimal digits and perhaps how many requests a second it may make (1 to 1000000), ' +
  'with blanks between'
const pattern = /^\s*([\w.@-]{1,64})\s+([0-9a-f]{64})(?:\s+([1-9]\d{0,5}|1000000))?\s*$/i

/**
 * Reads API_KEYS_FILE: a line for each key; empty lines and those that begin with # are skipped. Answers a function
 * that finds a key's owner in constant time, whichever key it is. Throws a StartProblem.
 */
export function readKeys(path: string): (key: string) => KeyHolder | undefined {
  const problem = (words: string) => new StartProblem(`API_KEYS_FILE=${path} ${words}`)
  const entries: { readonly holder: KeyHolder; readonly hash: Buffer }[] = []
  for (const [index, line] of readText(path, problem).split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, name, hex, rate] = pattern.exec(line) ?? []
    const where = `is wrong in line ${index + 1}`
    if (name === undefined || hex === undefined) throw problem(`${where}: expected are ${expected}`)
    if (entries.some(({ holder }) => holder.name === name))
      throw problem(`${where}: the name ${name} occurs in an earlier line`)
    const holder = { name, ...(rate !== undefined && { requestsPerSecond: Number(rate) }) }
    entries.push({ holder, hash: Buffer.from(hex, 'hex') })
  }
  if (entries.length === 0) throw problem(`has no key: expected in each line are ${expected}`)
  return key => {
    const hash = createHash('sha256').update(key).digest()
    let found: KeyHolder | undefined
    for (const entry of entries) if (timingSafeEqual(entry.hash, hash)) found = entry.holder
    return found
  }
}

function readText(path: string, problem: (words: string) => StartProblem): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw problem(`cannot be read: ${(error as Error).message}`)
  }
}
