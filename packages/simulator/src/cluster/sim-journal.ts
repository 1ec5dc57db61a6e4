import { type Recovered, Recovery } from '@rinha/engine'
import { Journal, recoverJournal } from '@rinha/journal'
import type { SimulatedDisk } from '@rinha/journal/simulated'
import type { Plan } from './plan.ts'
import type { Process } from './process.ts'
import type { Trace } from './trace.ts'
import { processorNames } from './watched-engine.ts'

export interface SimJournal {
  readonly journal: Journal
  readonly recovered: Recovered
}

/** As `apps/coordinator` does it: reads what is on the disk, and goes on writing. A damaged journal is a violation. */
export function openSimJournal(disk: SimulatedDisk, plan: Plan, process: Process, trace: Trace): SimJournal {
  const recovery = new Recovery({
    processorCount: plan.processorCount,
    paymentCountMax: plan.rememberedCountMax,
    hashSeed: plan.seed,
  })
  const options = {
    processors: processorNames.slice(0, plan.processorCount),
    segmentBytesMax: plan.segmentBytesMax,
    journalId: process.chance.bytes(16),
    onProblem: () => trace.note('the journal fails'),
    onRecovered: () => trace.note('the journal works again'),
  }
  const found = recoverJournal(disk, options, recovery)
  if (!found.ok) {
    const { file, offset, words } = found.error
    trace.blame('conservation', `the journal cannot be read: ${file}, byte ${offset}: ${words}`)
  }
  const recovered = recovery.recovered()
  trace.note('recovered', recovered.ledger.count, recovered.ledger.openCount)
  return { journal: new Journal(disk, found.value, options, process.timers), recovered }
}
