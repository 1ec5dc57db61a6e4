import { inRoom } from './edits.ts'
import type { Mutant } from './mutant.ts'

const [ledger, engine] = [inRoom('ledger'), inRoom('engine')]

/** Bugs in what leaves memory, and in what is remembered of it. */
export const retentionMutants: readonly Mutant[] = [
  {
    name: 'an open payment leaves',
    edits: [
      ledger(
        'segment.ts',
        'if (state === discarded)',
        'if (state === discarded || state === paymentState.inFlight)',
      ),
    ],
    expect: ['retention', 'assert'],
  },
  {
    name: 'a late settlement into an archived second is lost',
    edits: [
      ledger(
        'settled-sums.ts',
        'if (timeMs < this.#archivedToMs) this.archived.add(timeMs, amountCents)',
        'if (timeMs < this.#archivedToMs) return',
      ),
    ],
    expect: ['window', 'assert', 'reconciliation'],
  },
  {
    name: 'an archived second has what settled in its first millisecond alone',
    edits: [ledger('archived-sums.ts', '+ (timeMs % 1000 === 0 ? 0 : 1)', '')],
    expect: ['window'],
  },
  {
    name: 'the sums of a second are lost when it is archived',
    edits: [
      ledger(
        'settled-sums.ts',
        'takeBefore(archivedToMs, (timeMs, amountCents) => this.archived.add(timeMs, amountCents))',
        'takeBefore(archivedToMs, () => {})',
      ),
    ],
    expect: ['window', 'assert', 'reconciliation', 'reads', 'money'],
  },
  {
    name: 'a payment that has ended and is still in memory is taken for a new one',
    edits: [
      engine(
        'known-payments.ts',
        'if (row >= 0)\n      return {',
        'if (row >= 0 && ledger.isOpen(row))\n      return {',
      ),
    ],
    expect: ['once', 'conservation', 'protocol', 'window', 'assert'],
  },
  {
    name: 'without an archive, a payment is forgotten before its time',
    edits: [
      engine('retention.ts', 'this.#settledBefore(nowMs - this.#retainMs)', 'this.#settledBefore(nowMs - 1)'),
    ],
    expect: ['retention'],
  },
  {
    name: 'without an archive, payments are forgotten right after a start',
    edits: [
      engine(
        'retention.ts',
        'const isEarly = !this.#isArchived && nowMs < this.#fromMs',
        'const isEarly = false',
      ),
    ],
    expect: ['retention'],
    runs: 'replicated',
  },
  {
    name: 'payments leave before the archive has them',
    edits: [
      inRoom('coordinator')(
        'retirements.ts',
        '    archive.add(',
        '    this.#retire(retirement)\n    archive.add(',
      ),
    ],
    expect: ['retention'],
  },
  {
    name: 'payments leave although the archive has failed',
    edits: [
      inRoom('coordinator')(
        'retirements.ts',
        '!this.#isOver && problem === undefined &&',
        '!this.#isOver &&',
      ),
    ],
    expect: ['retention'],
  },
  {
    name: 'a payment that has left and is posted again is a new one',
    edits: [
      engine(
        'known-payments.ts',
        'const archived = this.archived(ids, offset)',
        'const archived = undefined',
      ),
    ],
    expect: ['conservation', 'once', 'protocol', 'window'],
  },
]
