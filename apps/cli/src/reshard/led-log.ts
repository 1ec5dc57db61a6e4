import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { timers } from '@rinha/channel/tcp'
import { type Beat, printBeat, readBeat } from '@rinha/coordinator'
import { Journal, journalIdBytes, Standby, type StreamLog, segmentBytesMaxDefault } from '@rinha/journal'
import type { JetStreamLog } from '@rinha/journal/jetstream'
import { Ledger } from '@rinha/ledger'
import { processorCountMax } from '@rinha/payment'
import { paymentCountMax } from '@rinha/replay'
import { StartProblem } from '@rinha/service'
import type { LogAccess } from './place.ts'

/** A leader tells five times a second that it lives, and a standby begins after 0.8 s without: whoever lives is heard in this time. */
const listenMs = 2000
const beatMs = 200
/** An election of the log's servers takes some seconds. */
const silentMsMax = 30_000
const retryMs = 200
const lookMs = 20
/** Standbys are told it, and tell it to nodes, which know no such coordinator. */
const address = 'reshard.invalid:1'

/**
 * A replicated log that this process leads: a coordinator that led it before is fenced, and one that is started meanwhile stands by.
 * Its ledger has all that was ever written.
 */
export interface LedLog {
  readonly name: string
  readonly ledger: Ledger
  readonly processors: readonly string[]
  /** Writes a note of whose history it is. Resolves when it is durable. */
  mark(text: string): Promise<void>
  /** Replaces all that was written by this ledger. Resolves when that is in force. */
  replace(ledger: Ledger): Promise<void>
  close(): Promise<void>
}

/** Throws a StartProblem where a coordinator leads it. `names`: of the processors, for a new log; undefined: it has to be there. */
export async function leadLog(
  access: LogAccess,
  name: string,
  names: readonly string[] | undefined,
): Promise<LedLog> {
  const stream = await openLog(access, name, names === undefined)
  try {
    if (names === undefined) await assertNobodyLeads(stream, name)
    return await lead(stream, name, names ?? [])
  } catch (error) {
    await stream.close()
    throw error
  }
}

async function openLog(access: LogAccess, name: string, mustExist: boolean): Promise<JetStreamLog> {
  const { JetStreamLog } = await import('@rinha/journal/jetstream')
  try {
    return await JetStreamLog.open({ ...access, shard: name, mustExist })
  } catch (error) {
    throw new StartProblem(`log:${name} cannot be opened at LOG_SERVERS: ${(error as Error).message}`)
  }
}

async function assertNobodyLeads(stream: JetStreamLog, name: string): Promise<void> {
  let heard: Beat | undefined
  const stopListening = stream.listen(words => {
    heard = readBeat(words) ?? heard
  })
  await sleep(listenMs)
  stopListening()
  if (heard !== undefined && !heard.isLast)
    throw new StartProblem(
      `log:${name} is led by the coordinator at ${heard.address}: stop all coordinators of it, and run this again`,
    )
}

async function lead(stream: JetStreamLog, name: string, names: readonly string[]): Promise<LedLog> {
  const ledger = new Ledger({ processorCount: processorCountMax, paymentCountMax, hashSeed: 1 })
  const { log, found } = await claim(stream, name, names, ledger)
  const tell = () =>
    stream.tell(printBeat({ epoch: log.epoch, address, sequence: log.sequence, isLast: false }))
  tell()
  const stopTelling = timers.every(beatMs, tell)
  let problem: string | undefined
  const onProblem = (line: string) => {
    problem ??= line
  }
  const journal = new Journal(log, found, { segmentBytesMax: segmentBytesMaxDefault, onProblem }, timers)
  const isDone = async (done: () => boolean) => {
    let workedAtMs = performance.now()
    for (; !done(); await sleep(lookMs)) {
      if (journal.failure === undefined) workedAtMs = performance.now()
      const words = performance.now() - workedAtMs > silentMsMax ? journal.failure?.words : problem
      if (words !== undefined) throw new StartProblem(`log:${name}: ${words}`)
    }
  }
  return {
    name,
    ledger,
    processors: found.processors,
    mark: async text => {
      let isSynced = false
      journal.append({ kind: 'noted', topic: 'shard', text })
      journal.whenSynced(() => {
        isSynced = true
      })
      await isDone(() => isSynced)
    },
    replace: async made => {
      const { snapshotCount } = journal.status
      journal.snapshot(made.image())
      await isDone(() => journal.status.snapshotCount > snapshotCount)
    },
    close: async () => {
      stopTelling()
      await new Promise<void>(resolve => journal.close(resolve))
      await stream.close()
    },
  }
}

/** Reads all that was written, and claims the next epoch. */
function claim(
  stream: JetStreamLog,
  name: string,
  processors: readonly string[],
  ledger: Ledger,
): Promise<{ log: StreamLog; found: Standby['found'] }> {
  return new Promise((resolve, reject) => {
    const fail = (words: string) => {
      cancel()
      standby.stop()
      reject(new StartProblem(words))
    }
    const drawn = (count: number) => new Uint8Array(randomBytes(count))
    const options = { processors, journalId: drawn(journalIdBytes), claimId: drawn(16), retryMs }
    const standby = new Standby(stream, options, ledger, {
      timers,
      onHalt: fail,
      onOvertaken: () => fail(`log:${name} was written meanwhile`),
    })
    const cancel = timers.after(silentMsMax, () =>
      fail(`log:${name} cannot be claimed: its servers do not answer within ${silentMsMax / 1000} s`),
    )
    standby.lead(log => {
      cancel()
      if (log === undefined) fail(`log:${name} was claimed by a coordinator meanwhile: stop all of them`)
      else resolve({ log, found: standby.found })
    })
  })
}
