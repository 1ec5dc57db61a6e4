import { attempts, routing } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** Bugs that take noise for an outage, a level or congestion, or overreact to it. */
export const noiseMutants: readonly Mutant[] = [
  {
    name: 'an overdue attempt keeps its place',
    edits: [
      routing('latency-level.ts', 'this.#onOverdue()\n', ''),
      routing('limiter.ts', 'if (wasOverdue) this.#overdueCount -= 1', 'void wasOverdue'),
    ],
    expect: ['progress'],
  },
  {
    name: 'each lost answer halves the limit',
    edits: [
      routing(
        'limiter.ts',
        'this.#roundTrip.lostCount += 1',
        'this.#roundTrip.lostCount += 1\n    this.#cut(0.5)',
      ),
    ],
    expect: ['progress'],
  },
  {
    name: 'a guard that never falls',
    edits: [routing('audit-guard.ts', 'return Math.max(0, 1 - this.#inDangerMs / auditEveryMs)', 'return 1')],
    expect: ['progress'],
  },
  {
    name: 'where every lane has a tail it is waited for',
    edits: [
      routing('policy.ts', 'lanes.some(({ usable }) => usable) ? lanes : lanes.map(withTail)', 'lanes'),
    ],
    expect: ['progress'],
  },
  {
    name: 'a lost answer is asked after only after a pause',
    edits: [
      attempts(
        'if (journey.retryCount > 0) return this.#wait',
        'if (journey.retryCount >= 0) return this.#wait',
      ),
    ],
    expect: ['progress'],
  },
  {
    name: 'a payment that is found gives nothing back',
    edits: [
      routing(
        'lane.ts',
        'this.#foundCount = Math.min(this.#foundCount + 1, foundCountMax)\n    this.#limiter.found()\n    this.#circuit.found(sentAtMs)',
        'void [sentAtMs, foundCountMax]',
      ),
    ],
    expect: ['progress'],
  },
  {
    name: 'a late answer of the old level’s tail is the new level',
    edits: [routing('latency-level.ts', 'attempt.sentAtMs > this.#levelUntilMs', 'attempt.sentAtMs > -1')],
    expect: ['progress'],
    runs: 'shards',
  },
  {
    name: 'probes go out beyond the limit of all attempts',
    edits: [
      routing(
        'lane.ts',
        'return this.#probes.isDue(nowMs) && !this.#limiter.isFull',
        'return this.#probes.isDue(nowMs)',
      ),
    ],
    expect: ['bounds'],
  },
]
