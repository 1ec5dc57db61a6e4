import { attempts, classify, routing } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** Bugs in how an answer of a processor, or of a gateway, is understood. */
export const processorMutants: readonly Mutant[] = [
  {
    name: '5xx of a gateway taken for the processor’s own',
    edits: [classify('if (status === 500) return', 'if (status >= 500) return')],
    expect: ['once', 'window'],
  },
  {
    name: 'any 2xx taken for a record',
    edits: [
      classify('if (status === 200 || status === 201) return', 'if (status >= 200 && status < 300) return'),
    ],
    expect: ['once'],
  },
  {
    name: 'an answer about the way taken for one about the payment',
    edits: [
      classify(
        "return { kind: 'refused', sent: true, pushedBack: false, reason, wayStatus: status }",
        "return { kind: 'rejected', reason }",
      ),
    ],
    expect: ['once'],
  },
  {
    name: 'a look-up that finds is no sign of life',
    edits: [attempts('this.#lane(this.#ledger.processor(row)).found(journey.sentAtMs)', '')],
    expect: ['progress'],
  },
  {
    name: 'Retry-After is not kept',
    edits: [
      routing(
        'lane.ts',
        'if (retryAfterMs !== undefined) this.#quietUntilMs = nowMs + Math.min(retryAfterMs, quietMsMax)',
        'void retryAfterMs',
      ),
    ],
    expect: ['bounds'],
  },
  {
    name: 'Retry-After is believed whatever it says',
    edits: [routing('lane.ts', 'Math.min(retryAfterMs, quietMsMax)', 'retryAfterMs')],
    expect: ['progress'],
  },
]
