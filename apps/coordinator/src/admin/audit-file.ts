import { open, readFile, rename, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartProblem, syncDirectory } from '@rinha/service'
import type { AuditEntry } from './audit-log.ts'

/** The file of the entries, oldest first. */
export interface AuditFile {
  readonly found: readonly AuditEntry[]
  /** Resolves when the entry is on disk. `kept` are written again where the file begins anew. */
  append(entry: AuditEntry, kept: () => readonly AuditEntry[]): Promise<void>
}

/** The size at which the file replaces the earlier file, and a new one is begun. */
const bytesMaxDefault = 1024 * 1024

/**
 * The audit log in a directory that this process alone writes to (the journal's): `audit.jsonl` with an entry a line,
 * and `audit.1.jsonl` with those before it. An entry whose write was torn was never confirmed, and is cut off. A process that
 * dies between the two renames of a beginning leaves the earlier file alone, which has all that the file had.
 */
export async function openAuditFile(directory: string, bytesMax = bytesMaxDefault): Promise<AuditFile> {
  const path = join(directory, 'audit.jsonl')
  const earlierPath = join(directory, 'audit.1.jsonl')
  const earlier = await readEntries(earlierPath)
  const current = await readEntries(path)
  let bytesCount = current.bytesCount
  /** Whether a part of a line may follow after `bytesCount`. */
  let isTorn = current.isTorn
  const write = async (entries: readonly AuditEntry[]) => {
    if (isTorn) await truncate(path, bytesCount)
    isTorn = true
    const bytes = Buffer.from(entries.map(entry => `${JSON.stringify(entry)}\n`).join(''))
    const file = await open(path, 'a', 0o600)
    try {
      await file.appendFile(bytes)
      await file.datasync()
    } finally {
      await file.close()
    }
    bytesCount += bytes.length
    isTorn = false
  }
  const beginAnew = async (kept: readonly AuditEntry[]) => {
    const next = `${path}.next`
    await writeFile(next, kept.map(entry => `${JSON.stringify(entry)}\n`).join(''), {
      mode: 0o600,
      flush: true,
    })
    // Where the second rename failed before, the first one is done: the file is the earlier one already.
    await rename(path, earlierPath).catch(error => {
      if (error.code !== 'ENOENT') throw error
    })
    await syncDirectory(directory)
    await rename(next, path)
    await syncDirectory(directory)
    bytesCount = (await readFile(path)).length
  }
  if (current.bytesCount === 0) {
    await writeFile(path, '', { mode: 0o600, flush: true })
    await syncDirectory(directory)
    isTorn = false
  }
  return {
    found: inOrder([...earlier.entries, ...current.entries]),
    append: async (entry, kept) => {
      if (bytesCount > bytesMax && !isTorn) await beginAnew(kept())
      await write([entry])
    },
  }
}

/** An entry that was written again at the head of a file counts once. */
function inOrder(entries: readonly AuditEntry[]): readonly AuditEntry[] {
  return [...new Map(entries.map(entry => [entry.seq, entry])).values()].sort((a, b) => a.seq - b.seq)
}

interface Read {
  readonly entries: readonly AuditEntry[]
  readonly bytesCount: number
  readonly isTorn: boolean
}

async function readEntries(path: string): Promise<Read> {
  const bytes = await readFile(path).catch(error => {
    if (error.code === 'ENOENT') return Buffer.alloc(0)
    throw new StartProblem(`${path} cannot be read: ${error.message}`)
  })
  const entries: AuditEntry[] = []
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    const entry = readEntry(bytes.subarray(start, end).toString())
    // A line that is wrong and not the last one was not torn.
    if (entry === undefined && end < bytes.length - 1)
      throw new StartProblem(
        `${path} is damaged in line ${entries.length + 1}: it should be one entry of the audit log as JSON`,
      )
    if (entry === undefined) break
    entries.push(entry)
    start = end + 1
  }
  return { entries, bytesCount: start, isTorn: start < bytes.length }
}

function readEntry(line: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(line)
    const isEntry =
      Number.isSafeInteger(entry?.seq) && typeof entry.who === 'string' && typeof entry.what === 'string'
    return isEntry ? entry : undefined
  } catch {
    return undefined
  }
}
