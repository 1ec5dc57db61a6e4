import { inRoom } from './edits.ts'
import type { Mutant } from './mutant.ts'

const reconcile = inRoom('reconcile')
const fees = (find: string, replace: string) => inRoom('engine')('fee-periods.ts', find, replace)

/** Bugs in the comparison of books, and in changes of settings by a person. */
export const reconcileMutants: readonly Mutant[] = [
  {
    name: 'reconciliation compares another window of ours',
    edits: [
      reconcile('ledger-reader.ts', 'ledger.summary(fromMs, toMs)', 'ledger.summary(fromMs + 1, toMs)'),
    ],
    expect: ['reconciliation'],
  },
  {
    name: 'reconciliation compares every processor with our side of the first',
    edits: [reconcile('ledger-reader.ts', 'this.#names.indexOf(processor)', "(processor === '' ? -1 : 0)")],
    expect: ['reconciliation'],
  },
  {
    name: 'a fee that changes prices what has settled anew',
    edits: [
      fees(
        'this.#all = [...before, { fromMs, feeBps }]',
        'this.#all = [{ fromMs: before.length * 0, feeBps }]',
      ),
    ],
    expect: ['money'],
  },
  {
    name: 'new fees begin within a second',
    edits: [fees('Math.floor(lastMs / 1000) * 1000 + 1000', 'lastMs + 1')],
    expect: ['money'],
  },
  {
    name: 'fees are those of the last period, whatever was in force',
    edits: [
      fees(
        'feeBps[name] ?? this.#bpsOf(name)',
        'this.#all.at(-1)?.feeBps[name] ?? feeBps[name] ?? this.#bpsOf(name)',
      ),
    ],
    expect: ['money'],
  },
  {
    name: 'what a person changes lets send at a processor that is paused',
    edits: [
      inRoom('routing')(
        'lane.ts',
        'this.#circuit.configure(options.circuit)',
        "this.#circuit.configure(options.circuit); this.sending = 'on'",
      ),
    ],
    expect: ['hand'],
  },
  {
    name: 'what a person changes lets health be asked too often',
    edits: [
      inRoom('engine')(
        'engine.ts',
        'this.#polls.configure(lanes.map(lane => lane.healthPollMs))',
        'this.#polls.configure(lanes.map(lane => lane.healthPollMs / 10))',
      ),
    ],
    expect: ['poll'],
  },
]
