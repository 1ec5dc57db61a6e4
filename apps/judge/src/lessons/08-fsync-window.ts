import { Prng } from '@rinha/base'
import { journalOnDisk, recoverJournal, segmentBytesMaxDefault } from '@rinha/journal'
import { SimulatedDisk } from '@rinha/journal/simulated'
import { Ledger } from '@rinha/ledger'
import { SimThread, usualCallsPerSecond } from '@rinha/simulator'
import { Bench } from './bench.ts'
import type { Lesson } from './lesson.ts'

const cutCount = 40
const options = { processors: ['default'], segmentBytesMax: segmentBytesMaxDefault }

/** 500 payments a second, a disk that takes up to 20 ms for a sync, and 40 times the power fails within a second. */
export const fsyncWindow: Lesson = {
  name: '08-fsync-window',
  title: 'Nothing is acknowledged as durable before its sync',
  unit: 'payments were acknowledged and are gone',
  figureMax: 0,
  chart: { title: 'Payments that were acknowledged and are gone', unit: 'by power cut' },
  frame: { bucketMs: 1000, bucketCount: cutCount, axisUnit: '' },
  play(cure) {
    const prng = new Prng(8)
    const lives = Array.from({ length: cutCount }, () => live(cure, prng))
    const sum = (of: (life: Life) => number) => lives.reduce((total, life) => total + of(life), 0)
    const values = lives.map(({ acknowledged, recovered }) => Math.max(0, acknowledged - recovered))
    return {
      figure: values.reduce((total, each) => total + each, 0),
      values,
      sentences: [
        `${sum(life => life.written)} payments were written to the journal, and ${sum(life => life.acknowledged)} acknowledged.`,
        `After ${cutCount} power cuts ${sum(life => life.recovered)} were read back.`,
      ],
    }
  },
}

interface Life {
  readonly written: number
  readonly acknowledged: number
  readonly recovered: number
}

/** Plays one process from its start to a power cut, and counts the payments that the next process reads. */
function live(cure: 'in' | 'out', prng: Prng): Life {
  const bench = new Bench()
  const { world } = bench
  const disk = new SimulatedDisk(prng, (delayMs, run) => world.after(delayMs, run))
  disk.appendMsMax = 20
  const found = recoverJournal(disk, options, { restore: () => {}, apply: () => {} })
  if (!found.ok) throw new Error('an empty disk is a journal')
  const { timers } = new SimThread(world, usualCallsPerSecond)
  const journal = journalOnDisk(disk, found.value, { ...options, journalId: new Uint8Array(16) }, timers)
  let [written, acknowledged] = [0, 0]
  bench.load(500, 1, records => {
    journal.append({ kind: 'accepted', acceptedAtMs: world.time.wallMs, records })
    written += 1
    // The mistake: what was handed to the journal, and so to the system, is called safe.
    if (cure === 'out') acknowledged += 1
    else journal.whenSynced(() => (acknowledged += 1))
  })
  world.runUntil(world.nowMs + prng.integer(50, 1000))
  const ledger = new Ledger({ processorCount: 1, paymentCountMax: 1000, hashSeed: 8 })
  const read = recoverJournal(disk.crash({ powerCut: true }), options, {
    restore: () => {},
    apply: fact => ledger.apply(fact),
  })
  if (!read.ok) throw new Error('a power cut damages nothing that was synced')
  return { written, acknowledged, recovered: ledger.count }
}
