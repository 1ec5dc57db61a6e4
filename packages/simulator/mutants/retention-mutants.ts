import { inRoom } from './edits.ts'
import type { Mutant } from './mutant.ts'

const ledger = inRoom('ledger')

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
      inRoom('engine')(
        'known-payments.ts',
        'const archived = this.archived(ids, offset)',
        'const archived = undefined',
      ),
    ],
    expect: ['conservation', 'once', 'protocol', 'window'],
  },
]
