import { createInterface } from 'node:readline/promises'
import { count } from '@rinha/base'
import { adminHeaders } from '@rinha/local-cluster'
import { type Output, StartProblem } from '@rinha/service'
import { HttpClient } from '../http-client.ts'
import type { Targets } from './targets.ts'

const timeoutMs = 2000

/** The payments that a cluster and its processors hold, whoever posted them. */
export interface Held {
  readonly heldCount: number
  /** Of those, how many are not settled: queued, in flight or rejected. 0 where no coordinator tells. */
  readonly openCount: number
}

/** Any backend can be scored. Of one without a coordinator at `admin`, only its books are known. */
export async function heldBy(
  { backend, default: onDefault, fallback }: Targets,
  admin: string,
): Promise<Held> {
  const recordedCount = (await onDefault.recordedCount()) + (await fallback.recordedCount())
  const { acceptedCount = 0, settledCount = 0 } = await queueOf(admin)
  return {
    heldCount: Math.max(await backend.bookedCount(), recordedCount, acceptedCount),
    openCount: acceptedCount - settledCount,
  }
}

async function queueOf(
  admin: string,
): Promise<{ readonly acceptedCount?: number; readonly settledCount?: number }> {
  const client = new HttpClient(admin, { timeoutMs, headers: adminHeaders(admin), connectionCountMax: 1 })
  const answer = await client.send({ method: 'GET', path: '/queue-status' })
  await client.close()
  if (answer.kind === 'none' || answer.status !== 200) return {}
  try {
    return JSON.parse(answer.body)
  } catch {
    return {}
  }
}

/** The terminal on which a person is asked, or the refusal without one. */
export interface Asking {
  readonly yes: boolean
  readonly output: Output
  readonly say: (line: string) => void
  readonly interrupt: AbortSignal
}

/**
 * A purge also forgets what others posted. So if anything is held, this says so, and goes on only with `--yes` or after
 * a yes on a terminal. Otherwise it rejects with a {@link StartProblem}.
 */
export async function askToForget({ heldCount, openCount }: Held, asking: Asking): Promise<void> {
  if (heldCount === 0) return
  const open = openCount > 0 ? `, ${count(openCount)} of them not settled` : ''
  const held = `the cluster holds ${count(heldCount)} payment${heldCount === 1 ? '' : 's'}${open}`
  const where = 'a purge forgets them, here and at both processors'
  asking.say(`${held}; ${where}`)
  if (asking.yes || (await isConfirmed(asking))) return
  throw new StartProblem('nothing was purged and nothing was played; --yes purges without asking')
}

/** The terminal stays as it is, so that Ctrl-C is a signal there. */
async function isConfirmed({ output, interrupt }: Asking): Promise<boolean> {
  if (!process.stdin.isTTY || output.stderr.isTTY !== true) return false
  output.stderr.write('Forget them all? [y/N] ')
  const reader = createInterface({ input: process.stdin, terminal: false })
  try {
    const ended = new Promise<string>(resolve => reader.once('close', () => resolve('')))
    return /^y(es)?$/i.test((await Promise.race([reader.question('', { signal: interrupt }), ended])).trim())
  } finally {
    reader.close()
    process.stdin.unref()
  }
}
