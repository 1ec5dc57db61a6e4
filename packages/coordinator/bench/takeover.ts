/**
 * How long a standby with a million payments takes from its claim to an engine that has asked about every call that was under
 * way: in one process, over a stream in memory that answers at once.
 *
 *   npx tsx packages/coordinator/bench/takeover.ts [PAYMENTS] [IN_FLIGHT]
 *
 * Not measured: the network, the log's disks. CPU time of this process, median and highest of several takeovers.
 */
import process from 'node:process'
import { alignedTable, Prng } from '@rinha/base'
import { Engine } from '@rinha/engine'
import { Journal, type JournalSink, Standby, type StreamLog } from '@rinha/journal'
import { SimulatedStream } from '@rinha/journal/simulated'
import { Ledger } from '@rinha/ledger'
import { processorCountMax } from '@rinha/payment'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { VirtualTime } from '@rinha/testing'
import { twoLanes } from '@rinha/testing/bench'
import { acceptedBatch, batchCount } from './accepted-batch.ts'

const [paymentCount = 1_000_000, inFlightCount = 700] = process.argv.slice(2).map(Number)
const takeoverCount = 9

const time = new VirtualTime()
const stream = new SimulatedStream(new Prng(1), time.after)
Object.assign(stream, { answerMsMax: 0, lagMsMax: 0 })
let drawnCount = 0

function follow(sink: JournalSink): Standby {
  drawnCount += 1
  const drawn = new Uint8Array(16).fill(drawnCount)
  const reading = { processors: ['default', 'fallback'], journalId: drawn, claimId: drawn, retryMs: 100 }
  const onHalt = (words: string) => {
    throw new Error(words)
  }
  return new Standby(stream.connect(), reading, sink, {
    timers: time,
    onHalt,
    onOvertaken: () => onHalt('overtaken'),
  })
}

function lead(standby: Standby): StreamLog {
  let led: StreamLog | undefined
  standby.lead(log => {
    led = log
  })
  time.settle()
  if (led === undefined) throw new Error('it should lead')
  return led
}

const newLedger = () =>
  new Ledger({ processorCount: processorCountMax, paymentCountMax: paymentCount + batchCount, hashSeed: 7 })

function writeHistory(): void {
  const writer = follow({ restore: () => {}, apply: () => {} })
  const journal = new Journal(lead(writer), writer.found, { segmentBytesMax: 2 ** 40 }, time)
  for (let first = 0; first < paymentCount; first += batchCount) {
    const accepted = acceptedBatch(first)
    const { acceptedAtMs: atMs } = accepted
    journal.append(accepted)
    for (let row = first; row < first + batchCount; row += 1) {
      const attempt = { row, processor: row % 5 === 0 ? 1 : 0, requestedAtMs: atMs + (row % 7) }
      journal.append({ kind: 'sent', ...attempt })
      if (row < paymentCount - inFlightCount) journal.append({ kind: 'settled', ...attempt })
    }
    journal.whenSynced(() => {})
    time.settle()
  }
}

function takeOver(): {
  readonly claimMs: number
  readonly engineMs: number
  readonly wallMs: number
  readonly lookUpCount: number
} {
  const ledger = newLedger()
  const standby = follow(ledger)
  time.settle()
  if (ledger.count !== paymentCount) throw new Error(`${ledger.count} payments were read`)
  const cpuMs = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  const beganMs = cpuMs()
  lead(standby)
  const ledMs = cpuMs()
  const ledAtMs = performance.now()
  const startedAt = { nowMs: 0, wallMs: 1_754_775_396_000 }
  const policy = createPolicy('patient')
  const engine = new Engine({ lanes: twoLanes, policy, pace: paceDefaults, ledger, startedAt })
  const { effects } = engine.step({ kind: 'tick' }, startedAt)
  const lookUpCount = effects.filter(({ kind }) => kind === 'lookUp').length
  const wallMs = performance.now() - ledAtMs
  return { claimMs: ledMs - beganMs, engineMs: cpuMs() - ledMs, wallMs, lookUpCount }
}

writeHistory()
const takeovers = Array.from({ length: takeoverCount }, takeOver)
const row = (name: string, values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b)
  return [name, (sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(1), (sorted.at(-1) ?? 0).toFixed(1)]
}
const table = [
  ['CPU ms', 'median', 'most'],
  row(
    'claim',
    takeovers.map(({ claimMs }) => claimMs),
  ),
  row(
    'engine and first step',
    takeovers.map(({ engineMs }) => engineMs),
  ),
  row(
    'the same, wall time',
    takeovers.map(({ wallMs }) => wallMs),
  ),
]
process.stdout.write(
  `${alignedTable(table, 'lrr').join('\n')}\n${paymentCount} payments, ${inFlightCount} under way, ${takeovers[0]?.lookUpCount} look-ups in the first step\n`,
)
