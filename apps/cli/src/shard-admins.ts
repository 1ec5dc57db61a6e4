import { type Shard, shardOf } from '@rinha/payment'
import { type Output, StartProblem } from '@rinha/service'
import { origin, several } from '@rinha/settings'
import { tokenHeaders } from './admin-token.ts'
import { noAnswer } from './no-answer.ts'
import { readStatus } from './read-status.ts'

/** The option of commands that ask every shard. */
export const shardAdmins = several(
  origin({
    help: 'the coordinator’s admin port; of several shards, one of those in one process, or each [by default http://localhost:9090]',
  }),
)

const timeoutMs = 10_000

/** The given ones, or the default. */
export function givenAdmins(given: readonly string[]): readonly string[] {
  return given.length === 0 ? ['http://localhost:9090'] : given
}

/**
 * The admin ports of all shards. Of one that is given the others are looked for at the ports beside it, where a process with several
 * shards has them. Rejects with a {@link StartProblem} where the one that is given does not answer.
 */
export async function everyAdmin(given: readonly string[], tokenFile?: string): Promise<readonly string[]> {
  const admins = givenAdmins(given)
  const [first = ''] = admins
  if (admins.length > 1) return admins
  const { status } = await readStatus(first, tokenFile)
  return status.shard === undefined ? [first] : shardsBeside(first, status.shard)
}

export function shardsBeside(admin: string, { index: own, count }: Shard): readonly string[] {
  const url = new URL(admin)
  const firstPort = Number(url.port) - own
  return Array.from({ length: count }, (_, index) => {
    url.port = `${firstPort + index}`
    return url.origin
  })
}

/** The admin port of the shard that a payment belongs to. Rejects with a {@link StartProblem} where none of the given ones is its. */
export async function adminOf(
  correlationId: Uint8Array,
  given: readonly string[],
  tokenFile?: string,
): Promise<string> {
  const admins = givenAdmins(given)
  const found = await Promise.all(
    admins.map(admin => readStatus(admin, tokenFile).catch((error: unknown) => asProblem(error))),
  )
  for (const [at, each] of found.entries()) {
    const admin = admins[at] ?? ''
    if (each instanceof StartProblem) continue
    const { shard } = each.status
    if (shard === undefined) return admin
    const index = shardOf(correlationId, shard.count)
    if (shard.index === index) return admin
    if (admins.length === 1) return shardsBeside(admin, shard)[index] ?? admin
  }
  const problem = found.find(each => each instanceof StartProblem)
  throw problem ?? new StartProblem('none of the --admin is the shard that this payment belongs to')
}

/** One request to an admin port. */
export interface AdminRequest {
  readonly method: string
  readonly path: string
  /** As JSON. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The reason why what was asked is refused all the same, in an answer that is a success. */
  readonly refusalIn?: (answer: string) => string | undefined
}

interface Told {
  readonly isDone: boolean
  /** The answer, or why there is none. */
  readonly text: string
}

/**
 * Asks each of these admin ports, and writes the answers; with several, each behind its address. Answers the exit code: 0 if all have
 * done what was asked, 1 otherwise. Each shard decides for itself, so a part of them may have done it: then both parts are named.
 */
export async function askEach(
  admins: readonly string[],
  request: AdminRequest,
  tokenFile: string,
  { stdout }: Pick<Output, 'stdout'>,
  complain: (line: string) => void,
): Promise<number> {
  const told = await Promise.all(admins.map(admin => askOne(admin, request, tokenFile)))
  const isOne = admins.length === 1
  const refused: string[] = []
  const done: string[] = []
  for (const [at, { isDone, text }] of told.entries()) {
    const admin = admins[at] ?? ''
    if (isDone) stdout.write(isOne ? text : `${admin} ${text}`)
    else complain(isOne ? text : `${admin}: ${text}`)
    const part = isDone ? done : refused
    part.push(admin)
  }
  if (refused.length > 0 && done.length > 0)
    complain(`done at ${done.join(', ')}, and not at ${refused.join(', ')}. It may be repeated`)
  return refused.length === 0 ? 0 : 1
}

async function askOne(admin: string, request: AdminRequest, tokenFile: string): Promise<Told> {
  const { method, path, body, headers = {}, refusalIn } = request
  const url = `${admin}${path}`
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...tokenHeaders(admin, tokenFile),
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer = await response.text()
    const refusal = response.ok ? refusalIn?.(answer) : detailOf(answer)
    if (response.ok && refusal === undefined) return { isDone: true, text: answer }
    return { isDone: false, text: refusal ?? `the coordinator answered ${response.status}` }
  } catch (error) {
    const problem = error instanceof StartProblem ? error : noAnswer(url, error)
    return { isDone: false, text: problem.message }
  }
}

function asProblem(error: unknown): StartProblem {
  if (error instanceof StartProblem) return error
  throw error
}

/** The `detail` of a problem details answer, or `undefined` if the answer is none. */
function detailOf(answer: string): string | undefined {
  try {
    const { detail } = JSON.parse(answer)
    return typeof detail === 'string' ? detail : undefined
  } catch {
    return undefined
  }
}
