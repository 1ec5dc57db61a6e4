import { randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ChannelServer } from '@rinha/channel'
import { timers } from '@rinha/channel/tcp'
import { type CoordinatorStatus, type Led, Member } from '@rinha/coordinator'
import { type Journal, journalIdBytes } from '@rinha/journal'
import type { JetStreamLog } from '@rinha/journal/jetstream'
import { type Logger, StartProblem, whenAborted } from '@rinha/service'
import { Histogram } from '@rinha/service/metrics'
import type { LogServers } from '@rinha/settings'
import { AuditLog } from '../admin/audit-log.ts'
import { type AdminServer, openAdmin } from '../admin/server.ts'
import { listen } from '../listen.ts'
import { liveSettings } from '../live-settings.ts'
import type { OpenJournal } from '../open-journal.ts'
import type { CoordinatorSettings } from '../settings.ts'
import { ownShard } from '../shards/shard-settings.ts'
import { time } from '../time.ts'
import { openWork, type RunningCoordinator, reportLeft, type Work } from '../work.ts'
import { notedAudit, notedFees } from './noted.ts'
import { standbyHandlers } from './standby-handlers.ts'

/** How long a start waits for the servers of the log, which may be started at the same time. */
const waitMsMax = 60_000
/** How often a line says that it waits. */
const waitLineMs = 5000

/** What a candidate has opened before it begins. */
interface Opened {
  readonly settings: CoordinatorSettings
  readonly log: Logger
  readonly stream: JetStreamLog
  readonly syncs: Histogram
  readonly channel: ChannelServer
  /** The handlers of the admin port are those of a standby. */
  readonly admin: AdminServer
}

/**
 * A coordinator whose journal is in a replicated log. It starts as a standby, whose ports refuse and tell who leads, and becomes
 * the leader when there is none ({@link Member}).
 */
export async function startCandidate(
  settings: CoordinatorSettings,
  servers: LogServers,
  log: Logger,
  stopAsked?: AbortSignal,
): Promise<RunningCoordinator> {
  const syncs = new Histogram()
  const stream = await openStream(settings, servers, log, { syncs, stopAsked })
  let member: Member | undefined
  const leader = () => member?.candidate.leader?.address
  const onNodeChange = (nodes: readonly string[]) => member?.onNodeChange(nodes)
  const closers = [() => stream.close()]
  try {
    const channel = await listen(settings, log, undefined, { leader, onNodeChange })
    closers.push(() => channel.close())
    const handlers = standbyHandlers(() => member?.candidate, ownShard(settings))
    const admin = await openAdmin(settings, handlers, log)
    const begun = new Process({ settings, log, stream, syncs, channel, admin })
    member = begun.member
    return {
      channelPort: channel.port,
      adminPort: admin.port,
      addresses: {
        channel: `tcp://${settings.CHANNEL_HOST}:${channel.port}`,
        admin: `http://${settings.ADMIN_HOST}:${admin.port}`,
      },
      failed: begun.failed,
      tell: event => begun.tell(event),
      stop: hurried => begun.stop(hurried),
    }
  } catch (error) {
    await Promise.all(closers.map(close => close()))
    throw error
  }
}

/** The {@link Member} of this process, with what the platform gives it. */
class Process {
  readonly member: Member
  readonly failed: Promise<string>
  readonly #opened: Opened
  #admin: AdminServer
  #work: Work | undefined
  #onFailed: (line: string) => void = () => {}

  constructor(opened: Opened) {
    this.#opened = opened
    this.#admin = opened.admin
    this.failed = new Promise(resolve => {
      this.#onFailed = resolve
    })
    const { settings, stream, channel, log } = opened
    this.member = new Member(
      {
        address: settings.CHANNEL_ADDRESS || addressOf(settings.CHANNEL_HOST, channel.port),
        processors: settings.PROCESSORS.map(({ name }) => name),
        shard: ownShard(settings),
        paymentCountMax: settings.PAYMENT_COUNT_MAX,
        hashSeed: randomInt(2 ** 31),
        journalId: new Uint8Array(randomBytes(journalIdBytes)),
        claimId: new Uint8Array(randomBytes(16)),
        patience: Math.random(),
        segmentBytesMax: settings.JOURNAL_SEGMENT_BYTES_MAX,
      },
      {
        ...{ stream, line: stream, timers, nowMs: () => performance.now(), channel },
        open: (led, journal) => this.#open(led, journal),
        onFailed: words => this.#onFailed(words),
        onProblem: line => log.error(line),
      },
    )
  }

  #open(led: Led, journal: Journal) {
    const beganMs = performance.now()
    const { settings, log, channel } = this.#opened
    const keeper = () => work.coordinator
    const { notes } = led.ledger
    const audit = new AuditLog(notedAudit(notes, keeper, log), () => time().wallMs)
    const opened = { ...journalOf(led, journal, this.#opened), fees: notedFees(notes, keeper) }
    const work = openWork(settings, log, { opened, audit, live: liveSettings(settings, audit, log) })
    this.#work = work
    const start = () => {
      work.start(channel, this.#admin).then(
        admin => {
          this.#admin = admin
        },
        (error: Error) => this.#onFailed(error.message),
      )
      const { epoch } = led.log
      const { count: paymentCount, openCount } = led.ledger
      const tookMs = Math.round(performance.now() - beganMs)
      log.info({ epoch, paymentCount, openCount, tookMs }, 'this coordinator leads')
    }
    return { coordinator: work.coordinator, start }
  }

  tell(event: Parameters<RunningCoordinator['tell']>[0]): void {
    this.#work?.coordinator.tell(event)
  }

  async stop(hurried?: AbortSignal): Promise<void> {
    const { channel, stream, log } = this.#opened
    const closed = channel.close()
    const left = await Promise.race([
      new Promise<CoordinatorStatus | undefined>(resolve => this.member.handOver(resolve)),
      whenAborted(hurried),
    ])
    this.member.candidate.stop()
    if (left) reportLeft(left, true, log)
    await Promise.race([closed, whenAborted(hurried)])
    await Promise.all([this.#admin.close(), stream.close(), this.#work?.close()])
  }
}

function addressOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Throws a StartProblem where no server can be reached in time, or the program for it is not installed. */
async function openStream(
  settings: CoordinatorSettings,
  { addresses, user, password, needsTls }: LogServers,
  log: Logger,
  { syncs, stopAsked }: { readonly syncs: Histogram; readonly stopAsked: AbortSignal | undefined },
): Promise<JetStreamLog> {
  const { JetStreamLog } = await import('@rinha/journal/jetstream').catch((error: Error) => {
    throw new StartProblem(
      `LOG_SERVERS needs jetstream.mjs beside this program, which the image coordinator-archive has (${error.message})`,
    )
  })
  const { LOG_NAME, LOG_BYTES_MAX, LOG_CREDENTIALS_FILE } = settings
  const credentials = LOG_CREDENTIALS_FILE === '' ? undefined : readCredentials(LOG_CREDENTIALS_FILE)
  const login = credentials === undefined ? '' : `, with LOG_CREDENTIALS_FILE=${LOG_CREDENTIALS_FILE}`
  const place = `LOG_NAME=${LOG_NAME} cannot be opened at LOG_SERVERS (${addresses.join(', ')})${login}`
  const beganMs = performance.now()
  let saidAtMs = Number.NEGATIVE_INFINITY
  const onWait = (words: string) => {
    const nowMs = performance.now()
    if (nowMs - saidAtMs < waitLineMs) return
    saidAtMs = nowMs
    const leftSeconds = Math.round((waitMsMax - (nowMs - beganMs)) / 1000)
    log.warn({ leftSeconds }, `the log ${place}, and is tried again: ${words}`)
  }
  const onNew = () =>
    log.warn(`LOG_NAME=${LOG_NAME} was not there. A new journal begins, which knows no earlier payment`)
  try {
    return await JetStreamLog.open({
      servers: addresses,
      user,
      password,
      needsTls,
      credentials,
      shard: LOG_NAME,
      replicaCount: addresses.length < 3 ? 1 : 3,
      logBytesMax: LOG_BYTES_MAX,
      onPublished: tookMs => syncs.observe(tookMs),
      ...{ waitMsMax, onNew, onWait, stopAsked },
    })
  } catch (error) {
    throw new StartProblem(`the log ${place}: ${(error as Error).message}`)
  }
}

/** Throws a StartProblem where it cannot be read. */
function readCredentials(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StartProblem(`LOG_CREDENTIALS_FILE=${path}: ${(error as Error).message}`)
  }
}

function journalOf(
  { log, found, ledger }: Led,
  journal: Journal,
  { stream, syncs }: Opened,
): Omit<OpenJournal, 'fees'> {
  return {
    ...{ log: journal, ledger, found, syncs },
    term: { epoch: log.epoch, isReplicated: stream.replicaCount > 1 },
    archive: undefined,
    lost: new Promise(() => {}),
    close: async () => {},
  }
}
