import type { Shard } from '@rinha/payment'
import { origin, several } from '@rinha/settings'
import { readStatus } from './read-status.ts'

/** The option of commands that ask every shard. */
export const shardAdmins = several(
  origin({
    help: 'the coordinator’s admin port; of several shards, one of those in one process, or each [by default http://localhost:9090]',
  }),
)

const adminDefault = 'http://localhost:9090'

/**
 * The admin ports of all shards. Of one that is given the others are looked for at the ports beside it, where a process with several
 * shards has them. Rejects with a {@link StartProblem} where the one that is given does not answer.
 */
export async function everyAdmin(given: readonly string[], tokenFile?: string): Promise<readonly string[]> {
  const [first = adminDefault, ...others] = given
  if (others.length > 0) return given
  const { status } = await readStatus(first, tokenFile)
  return status.shard === undefined ? [first] : shardsBeside(first, status.shard)
}

/** The given ones, or the default. */
export function givenAdmins(given: readonly string[]): readonly string[] {
  return given.length === 0 ? [adminDefault] : given
}

export function shardsBeside(admin: string, { index: own, count }: Shard): readonly string[] {
  const url = new URL(admin)
  const firstPort = Number(url.port) - own
  return Array.from({ length: count }, (_, index) => {
    url.port = `${firstPort + index}`
    return url.origin
  })
}
