import { createHash, randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartProblem } from '@rinha/service'

/**
 * The operator's token of a cluster on this machine. It lives as long as the run. Its hash is in the file that the
 * coordinator reads (ADMIN_TOKENS_FILE), the token itself beside it, where the commands of the same user find it by the port.
 */
export class AdminToken {
  readonly token = randomBytes(32).toString('base64url')
  readonly tokensFile: string
  readonly tokenFile: string
  readonly #tokenFiles: readonly string[]

  /** `others`: more ports of the same cluster. */
  constructor(adminPort: number, others: readonly number[] = []) {
    this.tokensFile = join(directory(), `admin-${adminPort}.tokens`)
    this.tokenFile = tokenFileOf(adminPort)
    this.#tokenFiles = [this.tokenFile, ...others.map(tokenFileOf)]
  }

  /** Throws a StartProblem if the directory belongs to another user. */
  write(): void {
    makePrivate(directory())
    const hash = createHash('sha256').update(this.token).digest('hex')
    writeFileSync(this.tokensFile, `operator operator ${hash}\n`, { mode: 0o600 })
    for (const path of this.#tokenFiles) writeFileSync(path, `${this.token}\n`, { mode: 0o600 })
  }

  remove(): void {
    for (const path of [this.tokensFile, ...this.#tokenFiles]) rmSync(path, { force: true })
  }
}

/** The token of the cluster that this user runs at this admin port; undefined where there is none. */
export function foundAdminToken(adminPort: number): string | undefined {
  try {
    if (!isPrivate(directory())) return undefined
    return readFileSync(tokenFileOf(adminPort), 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function directory(): string {
  return join(process.env.XDG_RUNTIME_DIR || tmpdir(), `payment-cluster-${process.getuid?.() ?? 0}`)
}

function tokenFileOf(adminPort: number): string {
  return join(directory(), `admin-${adminPort}.token`)
}

/** All users share the directory for temporary files, so another user may have created this one first. */
function makePrivate(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new StartProblem(`the token for the admin port cannot be kept: ${(error as Error).message}`)
  }
  if (!isPrivate(path))
    throw new StartProblem(
      `${path} is not this user's alone: the token for the admin port cannot be kept there`,
    )
}

function isPrivate(path: string): boolean {
  const found = lstatSync(path)
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
}
