import { setTimeout as sleep } from 'node:timers/promises'
import {
  DiscardPolicy,
  JetStreamApiError,
  JetStreamError,
  type JetStreamManager,
  jetstreamManager,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream'
import {
  ClosedConnectionError,
  connect,
  credsAuthenticator,
  type NatsConnection,
  NoRespondersError,
  nkeyAuthenticator,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node'
import { reserveBytes } from '../limits.ts'

export interface JetStreamOptions {
  /** host:port of each. */
  readonly servers: readonly string[]
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** The content of a credentials file: a JWT and its seed, or the seed of an nkey alone. */
  readonly credentials?: string | undefined
  /** A server without TLS is refused. With or without it, TLS is used where the server offers it. */
  readonly needsTls?: boolean
  /** Whose journal it is. Only its coordinators may publish on `log.SHARD.>`, `snapshots.SHARD.>` and `leader.SHARD`. */
  readonly shard: string
  /** 3 where there are three servers, 1 where there is one. */
  readonly replicaCount: number
  /** A log that is not there is not made. */
  readonly mustExist?: boolean
  /** The most bytes of the log; as many again of snapshots. Each may have {@link reserveBytes} more. */
  readonly logBytesMax: number
  /** Told how long each record took until its answer. */
  readonly onPublished?: (tookMs: number) => void
  /** How long servers are waited for that cannot be reached, do not answer, or refuse because they have just started. */
  readonly waitMsMax?: number
  /** There was no log of this shard: a journal begins that knows no payment. */
  readonly onNew?: () => void
  /** Told why, each time before it tries again. */
  readonly onWait?: (words: string) => void
  /** Nothing is waited for any more. */
  readonly stopAsked?: AbortSignal | undefined
}

/** How long an answer is waited for. Three servers elect a leader in 4 to 9 s, so no wait is long enough for that. */
export const answerMsMax = 1000
/** A server that hangs is left after two pings. */
const pingMs = 300
const pingsOutMax = 2
const connectMsMax = 500
const reconnectMs = 100

/** Errors of servers that cannot be reached, do not answer, or have just started and refuse. */
const passing = [
  ClosedConnectionError,
  JetStreamApiError,
  JetStreamError,
  NoRespondersError,
  RequestError,
  TimeoutError,
]
const networkCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
]

const waitMsMaxDefault = 20_000
const retryMs = 300
const streamNotFoundCode = 10059

export interface OpenStreams {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  /** Of the log. */
  readonly config: StreamConfig
}

/** Where a log was to be opened that has to be there. */
class NoSuchLog extends Error {}

export const logName = (shard: string) => `LOG_${shard}`
export const snapshotsName = (shard: string) => `SNAPSHOTS_${shard}`

/** Connects, and makes the streams where they are missing. Rejects with what has gone wrong last. */
export async function openStreams(options: JetStreamOptions): Promise<OpenStreams> {
  const { waitMsMax = waitMsMaxDefault, onWait = () => {}, stopAsked } = options
  const beganMs = performance.now()
  for (;;) {
    try {
      return await open(options)
    } catch (error) {
      const isOver = performance.now() - beganMs >= waitMsMax || stopAsked?.aborted === true
      if (isOver || !mayPass(error)) throw error
      onWait((error as Error).message)
      await sleep(retryMs)
    }
  }
}

/** Which of these logs are there. Rejects as {@link openStreams} does. */
export async function findLogs(
  options: Omit<JetStreamOptions, 'shard'>,
  shards: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = []
  for (const shard of shards)
    try {
      const { connection } = await openStreams({ ...options, shard, mustExist: true })
      await connection.close()
      found.push(shard)
    } catch (error) {
      if (!(error instanceof NoSuchLog)) throw error
    }
  return found
}

async function open(options: JetStreamOptions): Promise<OpenStreams> {
  const { servers, shard, replicaCount, logBytesMax, mustExist = false, onNew = () => {} } = options
  const connection = await connect({
    servers: [...servers],
    ...identity(options),
    name: `coordinator of ${shard}`,
    pingInterval: pingMs,
    maxPingOut: pingsOutMax,
    timeout: connectMsMax,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectMs,
    ignoreClusterUpdates: false,
  })
  try {
    const manager = await jetstreamManager(connection, { timeout: answerMsMax, checkAPI: false })
    const common = {
      storage: StorageType.File,
      num_replicas: replicaCount,
      discard: DiscardPolicy.New,
      max_bytes: logBytesMax + reserveBytes,
      deny_delete: true,
    }
    const subjects = { log: [`log.${shard}.*`], snapshots: [`snapshots.${shard}.*.*`] }
    const [log, snapshots] = [logName(shard), snapshotsName(shard)]
    const [foundLog, foundSnapshots] = [await find(manager, log), await find(manager, snapshots)]
    if (foundLog === undefined && foundSnapshots !== undefined && foundSnapshots.state.messages > 0)
      throw new Error(
        `the stream ${log} is gone, and ${snapshots} has parts of the journal that was in it. Restore it; a journal that knows no payment begins only where ${snapshots} is removed, too`,
      )
    if (foundLog === undefined && mustExist) throw new NoSuchLog(`there is no stream ${log}`)
    // One that is there keeps what an operator has configured.
    const { config } =
      foundLog ?? (await manager.streams.add({ ...common, name: log, subjects: subjects.log }))
    if (foundSnapshots === undefined)
      await manager.streams.add({ ...common, name: snapshots, subjects: subjects.snapshots })
    if (foundLog === undefined) onNew()
    return { connection, manager, config }
  } catch (error) {
    await connection.close()
    throw error
  }
}

function find(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  return manager.streams.info(name).catch(noneIfNotFound)
}

function noneIfNotFound(error: unknown): undefined {
  if (!(error instanceof JetStreamApiError) || error.code !== streamNotFoundCode) throw error
  return undefined
}

function identity({ user, password, credentials, needsTls }: JetStreamOptions) {
  return {
    ...(user !== undefined && { user, pass: password ?? '' }),
    ...(credentials !== undefined && { authenticator: authenticatorOf(credentials) }),
    ...(needsTls === true && { tls: {} }),
  }
}

function authenticatorOf(credentials: string) {
  const text = credentials.trim()
  const encoder = new TextEncoder()
  // The client reads the last line of a credentials file only if it ends.
  return isSeed(text)
    ? nkeyAuthenticator(encoder.encode(text))
    : credsAuthenticator(encoder.encode(`${text}\n`))
}

/** The file of an nkey has nothing but its seed. */
const isSeed = (credentials: string) => /^SU[A-Z2-7]+$/.test(credentials)

/** A login or a certificate does not become right while somebody waits. */
function mayPass(error: unknown): boolean {
  if (passing.some(kind => error instanceof kind)) return true
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } }
  return networkCodes.includes(`${code ?? cause?.code}`)
}
