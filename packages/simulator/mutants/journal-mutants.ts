import { channel, engine } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** What goes wrong between memory and disk. */
export const journalMutants: readonly Mutant[] = [
  {
    name: 'a payment counts as journaled before it is synced',
    edits: [
      channel('ends/coordinator-end.ts', 'if (whenJournaled === undefined) {', 'if (sessionId !== "") {'),
    ],
    expect: ['conservation'],
    crashes: true,
  },
  {
    name: 'an attempt is made before its intent is in the journal',
    edits: [
      {
        file: 'packages/engine/src/intent-gate.ts',
        find: 'whenSynced(() => start(nowMs() - askedAtMs > intentMsMax ? this.#withoutSends(effects) : effects))',
        replace: 'start(effects)',
      },
    ],
    expect: ['once', 'conservation', 'window'],
    crashes: true,
  },
  {
    name: 'an attempt that waited for the disk is made all the same',
    edits: [
      {
        file: 'packages/engine/src/intent-gate.ts',
        find: 'nowMs() - askedAtMs > intentMsMax ? this.#withoutSends(effects) : effects',
        replace: 'effects',
      },
    ],
    expect: ['window'],
  },
  {
    name: 'what was under way at a crash is sent anew',
    edits: [
      engine(
        "if (doubt !== 'recorded?') this.#queue.push(row, acceptedAtMs)\n    if (doubt === 'none') return",
        "if (doubt === 'recorded?') this.#ledger.setQueued(row)\n    this.#queue.push(row, acceptedAtMs)\n    if (doubt !== 'refused') return",
      ),
    ],
    expect: ['once', 'window'],
    crashes: true,
  },
  {
    name: 'a refusal is forgotten by the next process',
    edits: [engine("doubt: journey.doubt === 'none' ? 'none' : 'refused'", "doubt: 'none'")],
    expect: ['once'],
    crashes: true,
  },
]
