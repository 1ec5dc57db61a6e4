import { parseCoordinators, printCoordinators } from '@rinha/channel'
import { shardDirectory } from '@rinha/journal/fs'
import { type Shard, shardCountMax, shardLogName } from '@rinha/payment'
import { integer, setting } from '@rinha/settings'
import type { CoordinatorSettings } from '../settings.ts'

/** The settings that say which part of all payments a process has. */
export const shardSettings = {
  SHARDS: integer({
    fallback: 1,
    min: 1,
    max: shardCountMax,
    help: 'Among how many coordinators, called shards, payments are divided, by a hash of their correlationId. All processes of the cluster have the same. Limits of processors and rates are for all shards together, each of which has its part; PAYMENT_COUNT_MAX is for each shard. A journal cannot be read with another number: npm run ledger -- reshard.',
  }),
  SHARD: setting<readonly number[]>({
    fallback: [],
    valueName: 'LIST',
    allowed: 'numbers from 0 with commas between, each once, or nothing',
    parse: parseShards,
    print: list => list.join(','),
    help: 'Which shards this process has. Shard N listens on CHANNEL_PORT + N and ADMIN_PORT + N, and has its journal in JOURNAL_DIR/shard-N or LOG_NAME-N. Empty: all of them.',
  }),
  COORDINATORS: setting({
    fallback: [],
    valueName: 'LIST',
    allowed:
      'host:port addresses, each once: those of a shard with commas between, shard 0 first, and shards with semicolons between',
    parse: parseCoordinators,
    print: printCoordinators,
    help: 'Where shard 0 is, for a process with others: it alone asks for the health of processors, and tells the others. And where the others are, for a process with shard 0 that compares books (PROCESSOR_ADMIN_TOKENS). The same list as that of API nodes. Needed where one of these is, or may be, in another process.',
  }),
}

function parseShards(list: string): readonly number[] | undefined {
  if (list === '') return []
  const index = integer({ min: 0, max: shardCountMax - 1, help: '' })
  const found = list.split(',').map(each => index.parse(each.trim()))
  return found.every(each => each !== undefined) && new Set(found).size === found.length ? found : undefined
}

function allIndices({ SHARDS }: CoordinatorSettings): readonly number[] {
  return Array.from({ length: SHARDS }, (_, index) => index)
}

/** The shards of this process, ascending. */
export function shardsOf(settings: CoordinatorSettings): readonly number[] {
  const { SHARD } = settings
  return SHARD.length === 0 ? allIndices(settings) : SHARD.toSorted((a, b) => a - b)
}

/** Where the channel of a shard is: in this process, if it is there and no other may lead it, or as COORDINATORS says. */
function addressesOf(
  settings: CoordinatorSettings,
  index: number,
): CoordinatorSettings['COORDINATORS'][number] {
  const { CHANNEL_HOST, CHANNEL_PORT, COORDINATORS, LOG_SERVERS } = settings
  const isHere = LOG_SERVERS === null && CHANNEL_PORT > 0 && shardsOf(settings).includes(index)
  return isHere ? [{ host: CHANNEL_HOST, port: CHANNEL_PORT + index }] : (COORDINATORS[index] ?? [])
}

/**
 * The settings of one shard of this process: its own ports, and its own journal. Shard 0 alone compares the books of processors, so that
 * they are asked no more than is stated, and knows where the ledgers of the others are.
 */
export function settingsOfShard(settings: CoordinatorSettings, index: number): CoordinatorSettings {
  const compares = index === 0 && settings.PROCESSOR_ADMIN_TOKENS.size > 0
  const { CHANNEL_PORT, ADMIN_PORT, CHANNEL_ADDRESS, JOURNAL_DIR, LOG_NAME } = settings
  const shard = { index, count: settings.SHARDS }
  const [, host, port] = /^(.*):(\d+)$/.exec(CHANNEL_ADDRESS) ?? []
  return {
    ...settings,
    // The shard itself, and then the others of this process.
    SHARD: [index, ...shardsOf(settings).filter(each => each !== index)],
    ...(compares
      ? { COORDINATORS: allIndices(settings).map(each => addressesOf(settings, each)) }
      : { PROCESSOR_ADMIN_TOKENS: new Map() }),
    CHANNEL_PORT: CHANNEL_PORT && CHANNEL_PORT + index,
    ADMIN_PORT: ADMIN_PORT && ADMIN_PORT + index,
    CHANNEL_ADDRESS: host === undefined ? '' : `${host}:${Number(port) + index}`,
    JOURNAL_DIR: JOURNAL_DIR && shardDirectory(JOURNAL_DIR, shard),
    LOG_NAME: shardLogName(LOG_NAME, shard),
  }
}

/** The admin ports of all shards, by the settings of one of them; 0 for those of other processes, which may be on another host. */
export function adminPortsOf(settings: CoordinatorSettings): readonly number[] {
  const { ADMIN_PORT, SHARD } = settings
  return allIndices(settings).map(index =>
    ADMIN_PORT > 0 && SHARD.includes(index) ? ADMIN_PORT + index - ownShard(settings).index : 0,
  )
}

/** The shard whose settings these are ({@link settingsOfShard}). */
export function ownShard({ SHARD, SHARDS }: CoordinatorSettings): Shard {
  return { index: SHARD[0] ?? 0, count: SHARDS }
}

/** One shard's part of what is set for all together: no more than that in all, if it is enough for one each. */
export function partOf(total: number, { SHARDS }: Pick<CoordinatorSettings, 'SHARDS'>): number {
  return Math.max(1, Math.floor(total / SHARDS))
}

/** The problem in how a process's settings of shards relate to each other and to others, or `undefined`. */
export function shardsProblem(settings: CoordinatorSettings): string | undefined {
  const { SHARDS, SHARD, COORDINATORS, CHANNEL_PORT, ADMIN_PORT } = settings
  const unknown = SHARD.find(index => index >= SHARDS)
  if (unknown !== undefined)
    return `SHARD has ${unknown}, and with SHARDS=${SHARDS} the last shard is ${SHARDS - 1}`
  if (SHARDS === 1) return undefined
  const ports = { CHANNEL_PORT, ADMIN_PORT }
  const indices = shardsOf(settings)
  const last = indices.at(-1) ?? 0
  for (const [name, port] of Object.entries(ports))
    if (port + last > 65_535)
      return `${name}=${port} leaves no port for shard ${last}, which has ${name} + ${last}`
  const distance = Math.abs(ADMIN_PORT - CHANNEL_PORT)
  if (CHANNEL_PORT > 0 && ADMIN_PORT > 0 && indices.some(index => indices.includes(index + distance)))
    return `CHANNEL_PORT=${CHANNEL_PORT} and ADMIN_PORT=${ADMIN_PORT} are too close for SHARDS=${SHARDS}: shard N has each + N`
  if (COORDINATORS.length > 1 && COORDINATORS.length !== SHARDS)
    return `COORDINATORS has the addresses of ${COORDINATORS.length} shards, and SHARDS=${SHARDS}`
  const isShard0Elsewhere = indices[0] !== 0 || settings.LOG_SERVERS !== null
  if (last > 0 && isShard0Elsewhere && COORDINATORS.length === 0)
    return 'COORDINATORS is empty: a shard has to know where shard 0 is, which polls the health of processors for all'
  const compares = settings.PROCESSOR_ADMIN_TOKENS.size > 0 && indices[0] === 0
  const lost = allIndices(settings).find(index => addressesOf(settings, index).length === 0)
  if (compares && lost !== undefined)
    return `PROCESSOR_ADMIN_TOKENS needs the ledgers of all shards, and shard 0 does not know where shard ${lost} is: name every shard in COORDINATORS`
  return undefined
}
