import { channel, engine, journal } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** Bugs between memory and disk. */
export const journalMutants: readonly Mutant[] = [
  {
    name: 'a payment counts as journaled before it is synced',
    edits: [
      channel('ends/coordinator-end.ts', 'if (whenJournaled === undefined) {', 'if (sessionId !== "") {'),
    ],
    expect: ['conservation'],
    runs: 'crashes',
  },
  {
    name: 'what was under way at a crash is sent anew',
    edits: [
      engine(
        'if (this.#ledger.state(row) === paymentState.inFlight) this.#attempts.resume(row, enteredAtMs, nowMs)\n      else this.#queue.push(row, enteredAtMs)',
        "if (this.#ledger.state(row) === paymentState.inFlight) this.#ledger.apply({ kind: 'requeued', row, doubt: 'none' })\n      this.#queue.push(row, enteredAtMs)",
      ),
    ],
    expect: ['once', 'window', 'conservation'],
    runs: 'crashes',
  },
  {
    name: 'a refusal is forgotten by the next process',
    edits: [
      {
        file: 'packages/journal/src/entry-codec.ts',
        find: "bytes[rest] = fact.doubt === 'refused' ? 1 : 0",
        replace: 'bytes[rest] = 0',
      },
    ],
    expect: ['conservation', 'once'],
    runs: 'crashes',
  },
  {
    name: 'a reader does not look at epochs',
    edits: [journal('history.ts', 'next.header.epoch !== header.epoch', 'next.header.epoch < header.epoch')],
    expect: ['conservation', 'assert', 'once', 'reconciliation'],
    runs: 'crashes',
  },
  {
    name: 'a holder does not look at its lock',
    edits: [journal('file-log.ts', 'this.#lostWords ?? this.#disk.lost()', 'this.#lostWords')],
    expect: ['conservation'],
    runs: 'crashes',
  },
]
