import { randomBytes } from 'node:crypto'
import { lstatSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { err, ok, type Result } from '@rinha/base'

/**
 * One process at a time may write in a directory. The one that does listens on a Unix domain socket there, and `lock` is a
 * symbolic link to it; whoever comes later connects, and is told who has it. The kernel ends the socket with the process,
 * however that dies, so a lock that nobody answers for is stale at once. Process ids would not do: in containers that
 * share a volume the same number is different processes.
 *
 * Taking a stale lock over must not race with others who do. Removing it would: of two who found it stale, the second
 * may remove what the first has just put there. So a lock is never deleted. A new holder appends to the stale one's
 * chain: it creates `<its name>-next`, which only one can, and is a link to the successor's own socket. A successor
 * that died has a successor of its own: the lock is held by the end of that chain, if it answers.
 *
 * Invariants:
 *   1. `lock` is changed by its holder alone: by who created it, or by the end of its chain.
 *   2. A holder makes `lock` its own before it removes the chain it came by. Whoever extended a chain looks at `lock` again:
 *      if it is another by now, the chain was an old one.
 *
 * It guards against a second process on this machine, in any container. Not against other machines on a network disk: there
 * the socket answers nobody. Nor can it keep anybody from removing `lock`, or the directory: a holder looks at it
 * ({@link Lock.lost}), and what two have written side by side is found by their epochs (format.ts).
 */
export interface Lock {
  /** Why this process holds it no more, in words: `lock` is gone, or another one, by its target or its inode. */
  lost(): string | undefined
  release(): void
}

const lockName = 'lock'
const lockPattern = /^lock-[0-9a-f]{12}$/
/** What the address of a Unix domain socket has room for, its end included: 104 on macOS and BSD. */
const socketPathBytesMax = process.platform === 'linux' ? 107 : 103
/** The wait for a holder that is stopped, or too busy to say who it is. */
const answerMs = 1000
/** How often a race with another process that starts is run again, and how long after. */
const attemptCountMax = 20
const attemptMs = 25

export async function takeLock(directory: string): Promise<Result<Lock, string>> {
  const name = `lock-${randomBytes(6).toString('hex')}`
  const path = join(directory, name)
  if (Buffer.byteLength(path) > socketPathBytesMax) {
    return err(
      `the path of JOURNAL_DIR, ${directory}, is too long: a lock in it may have ${socketPathBytesMax} bytes and would have ${Buffer.byteLength(path)}`,
    )
  }
  const server = await listen(path)
  if (!server.ok) return server
  const held = await takeAs(directory, name)
  if (!held.ok) {
    server.value.close()
    return held
  }
  const taken = identityOf(directory)
  return ok({
    lost: () => {
      const now = identityOf(directory)
      if (now === taken && taken !== undefined) return undefined
      return now === undefined
        ? `its lock in ${directory} is gone`
        : `another process has taken the lock in ${directory}`
    },
    release: () => {
      if (linkAt(join(directory, lockName)) === name) removeQuietly(join(directory, lockName))
      server.value.close()
    },
  })
}

async function takeAs(directory: string, name: string): Promise<Result<void, string>> {
  let refusal = ''
  for (let attempt = 0; attempt < attemptCountMax; attempt += 1) {
    const tried = await tryAs(directory, name)
    if (tried === 'held') return ok(undefined)
    refusal = tried.words
    if (tried.isFinal) break
    await new Promise(resolve => setTimeout(resolve, attemptMs))
  }
  return err(refusal)
}

type Try = 'held' | { readonly words: string; readonly isFinal: boolean }

async function tryAs(directory: string, name: string): Promise<Try> {
  const lock = join(directory, lockName)
  const holder = linkAt(lock)
  if (holder === undefined) return create(name, lock) ?? 'held'
  const chain: string[] = []
  let last = holder
  for (;;) {
    const answer = await ask(join(directory, last))
    if (answer !== 'gone') return { words: heldWords(directory, answer), isFinal: chain.length === 0 }
    const next = join(directory, `${last}-next`)
    chain.push(next)
    const known = linkAt(next)
    if (known !== undefined) {
      last = known
      continue
    }
    const problem = create(name, next)
    if (problem !== undefined) return problem
    break
  }
  if (linkAt(lock) !== holder) {
    removeQuietly(chain.at(-1) ?? '')
    return { words: heldWords(directory, 'another process that has just started'), isFinal: false }
  }
  return succeed(directory, name, chain)
}

/** Makes `lock` its own, then removes the files that it used on the way. */
function succeed(directory: string, name: string, chain: readonly string[]): Try {
  const mine = join(directory, `${name}-link`)
  try {
    symlinkSync(name, mine)
    renameSync(mine, join(directory, lockName))
  } catch (error) {
    return {
      words: `the lock in JOURNAL_DIR, ${directory}, cannot be taken: ${String(error)}`,
      isFinal: true,
    }
  }
  for (const next of chain) {
    removeQuietly(next.slice(0, -'-next'.length))
    removeQuietly(next)
  }
  return 'held'
}

/** Creates a link to our socket. undefined: it is ours. Only one process can. */
function create(name: string, at: string): Exclude<Try, 'held'> | undefined {
  try {
    symlinkSync(name, at)
    return undefined
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    return { words: `the lock in JOURNAL_DIR cannot be taken: ${String(error)}`, isFinal: !isTaken }
  }
}

/** What `lock` is, or undefined if there is none. Another file of the same name, such as a copy, has another inode. */
function identityOf(directory: string): string | undefined {
  const lock = join(directory, lockName)
  try {
    const { dev, ino } = lstatSync(lock)
    return `${readlinkSync(lock)} ${dev} ${ino}`
  } catch {
    return undefined
  }
}

/** The name of the socket that the link points to, or undefined if it is no such link. */
function linkAt(path: string): string | undefined {
  try {
    const target = readlinkSync(path)
    return lockPattern.test(target) ? target : undefined
  } catch {
    return undefined
  }
}

function heldWords(directory: string, holder: string): string {
  return `JOURNAL_DIR, ${directory}, is in use by ${holder}: stop that one first, or give each coordinator a directory of its own`
}

async function listen(path: string): Promise<Result<Server, string>> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.end(`process ${process.pid} on host ${hostname()}`)
  })
  server.unref()
  return new Promise(resolve => {
    server.once('error', error =>
      resolve(
        err(
          `no lock can be made in JOURNAL_DIR, ${path}: ${error.message}; it has to be on a disk that can hold Unix domain sockets`,
        ),
      ),
    )
    server.listen(path, () => resolve(ok(server)))
  })
}

/**
 * The process that listens on the socket, in words, or `gone` if none does. After any other error, one may still listen.
 */
function ask(path: string): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(path)
    let text = ''
    const timer = setTimeout(() => answer('a process that does not answer'), answerMs)
    const answer = (words: string) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(words)
    }
    socket.setEncoding('utf8')
    socket.on('data', chunk => {
      text = (text + chunk).slice(0, 400)
    })
    socket.on('end', () => answer(text === '' ? 'a process that does not say which' : text))
    socket.on('error', error => {
      const code = 'code' in error ? error.code : undefined
      const isGone = code === 'ECONNREFUSED' || code === 'ENOENT'
      answer(isGone ? 'gone' : `a process that cannot be asked (${error.message})`)
    })
  })
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is gone, or stays: neither lets anybody else in.
  }
}
