import type { Prng } from '@rinha/base'
import { missingMark, openLog } from '@rinha/coordinator'
import type { SimulatedDisk } from '@rinha/journal/simulated'
import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import type { World } from '../world.ts'
import { randomBytes } from './handshake-crypto.ts'
import type { Plan } from './plan.ts'
import { Process } from './process.ts'
import type { Trace } from './trace.ts'
import { processorNames } from './watched-engine.ts'

/** How many payments of its own it writes, and how often. */
const paymentCountMax = 5
const everyMs = 20
/** Why its payments are rejected. */
export const intruderReason = 'a payment of the second coordinator'

export interface Intruder {
  /** It dies, and leaves the disk to the next process. */
  end(): SimulatedDisk
}

/**
 * A second coordinator on the disk, started after somebody removed the lock: it opens the journal as `apps/coordinator` does,
 * and writes. No node reaches it; its payments are its own, and rejected at once, so that nobody sends them.
 */
export function startIntruder(
  { world, plan, trace }: { readonly world: World; readonly plan: Plan; readonly trace: Trace },
  held: SimulatedDisk,
  prng: Prng,
): Intruder {
  const disk = held.takeOver()
  held.isBlind = plan.intruder === 'unseen'
  const process = new Process(world, plan.seed)
  const opened = openLog(
    disk,
    {
      processors: processorNames.slice(0, plan.processorCount),
      paymentCountMax: plan.rememberedCountMax,
      hashSeed: prng.uint32() >>> 1,
      segmentBytesMax: plan.segmentBytesMax,
      shard: plan.shard,
      journalId: process.chance.bytes(16),
    },
    process.timers,
  )
  if (!opened.ok)
    return trace.blame('conservation', `a second coordinator cannot read the journal: ${opened.error}`)
  const { log, ledger } = opened.value
  const mark = missingMark(ledger, plan.shard)
  if (mark !== undefined) {
    const fact = { kind: 'noted', topic: 'shard', text: mark } as const
    ledger.apply(fact)
    log.append(fact)
  }
  let leftCount = paymentCountMax
  const write = () => {
    if (ledger.full || leftCount === 0) return
    leftCount -= 1
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, randomBytes(prng, 16), 1)
    const row = ledger.count
    for (const fact of [
      { kind: 'accepted', acceptedAtMs: process.time().wallMs, records },
      { kind: 'rejected', row, reason: intruderReason },
    ] as const) {
      ledger.apply(fact)
      log.append(fact)
    }
    process.timers.after(everyMs, write)
  }
  write()
  return {
    end: () => {
      process.kill()
      return disk
    },
  }
}
