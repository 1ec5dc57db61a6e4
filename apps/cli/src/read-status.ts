import type { Attention, QueueStatus } from '@rinha/engine'
import { StartProblem } from '@rinha/service'
import { tokenHeaders } from './admin-token.ts'
import { noAnswer } from './no-answer.ts'

const timeoutMs = 5000

/** What `GET /queue-status` of the admin port answers, as far as it is shown. */
export interface Status extends QueueStatus, Attention {
  /** Of several shards, which one. */
  readonly shard?: { readonly index: number; readonly count: number }
  readonly policy: string
  readonly auditGuardMs: number
  /** The API nodes connected now. */
  readonly nodes: readonly string[]
  readonly journal: { readonly failure?: { readonly words: string } } | null
}

/** A status, and when it was read: what rates are made of. */
export interface Reading {
  readonly status: Status
  readonly atMs: number
}

/** Rejects with a {@link StartProblem} where no coordinator answers. */
export async function readStatus(admin: string, tokenFile?: string): Promise<Reading> {
  const url = `${admin}/queue-status`
  try {
    const response = await fetch(url, {
      headers: tokenHeaders(admin, tokenFile),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status === 401)
      throw new StartProblem(`${url} asks for a token that it knows: --token-file or ADMIN_TOKEN`)
    if (response.status === 403) throw new StartProblem(`${url} is not for who asks from here`)
    const status = (await response.json()) as Status
    if (response.ok && Array.isArray(status?.processors) && Array.isArray(status.attention))
      return { status, atMs: performance.now() }
  } catch (error) {
    if (error instanceof StartProblem) throw error
    if (!(error instanceof SyntaxError)) throw noAnswer(url, error)
  }
  throw new StartProblem(`what answers at ${url} is no coordinator: set --admin to its admin port`)
}
