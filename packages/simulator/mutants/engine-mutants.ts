import { attempts, engine, inRoom, ledger, routing } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** The handling of an attempt that was answered 422. */
const recordedForEver =
  "if (stage.earlier !== 'none' || this.#ledger.wasRefusedBy(row, stage.permit.lane))\n          return this.#ask(journey, 'readBack', nowMs)"

/** Bugs in decisions, and in the application of facts. */
export const engineMutants: readonly Mutant[] = [
  {
    name: 'sums called final although an attempt is under way',
    edits: [inRoom('engine')('watermark.ts', 'paymentState.inFlight', 'paymentState.queued')],
    expect: ['window'],
  },
  {
    name: 'sums called final although a refused attempt may have been recorded',
    edits: [inRoom('engine')('watermark.ts', 'Math.min(wallMs, this.#ledger.earliestRefusedMs)', 'wallMs')],
    expect: ['window'],
  },
  {
    name: 'requestedAt at accept',
    edits: [
      attempts(
        "this.#send(journey, lane, isRefused ? 'refused' : 'none', time.wallMs, time.nowMs)",
        "this.#send(journey, lane, isRefused ? 'refused' : 'none', this.#ledger.acceptedAtMs(row), time.nowMs)",
      ),
    ],
    expect: ['window'],
  },
  {
    name: 'requestedAt by the clock that counts intervals',
    edits: [
      attempts(
        "this.#send(journey, lane, isRefused ? 'refused' : 'none', time.wallMs, time.nowMs)",
        "this.#send(journey, lane, isRefused ? 'refused' : 'none', Math.ceil(time.nowMs), time.nowMs)",
      ),
    ],
    expect: ['window'],
  },
  {
    name: 'new requestedAt after unknown',
    edits: [
      attempts(
        "this.#send(journey, lane, 'lost', this.#ledger.requestedAtMs(journey.row), nowMs)",
        "this.#send(journey, lane, 'lost', this.#ledger.requestedAtMs(journey.row) + 1, nowMs)",
      ),
      ledger("assert(isSame, 'E4: what follows a lost answer repeats its requestedAt')", ''),
    ],
    expect: ['window'],
  },
  {
    name: 'what is not found is looked up again and again, and the queue takes its room',
    edits: [attempts('if (journey.isRepeated !== true && lane.flows(nowMs)) {', 'if (nowMs < 0) {')],
    expect: ['progress'],
  },
  {
    name: '422 taken as refusal',
    edits: [
      attempts(recordedForEver, "if (stage.earlier !== 'none') return this.#requeue(journey, 'refused')"),
    ],
    expect: ['window', 'once', 'progress'],
  },
  {
    name: '422 taken as rejection',
    edits: [attempts(recordedForEver, '')],
    expect: ['once'],
  },
  {
    name: "422 booked under own attempt's requestedAt",
    edits: [
      attempts(
        recordedForEver,
        "if (stage.earlier !== 'none') return this.#settle(journey, this.#ledger.requestedAtMs(row))",
      ),
    ],
    expect: ['once'],
  },
  {
    name: '422 outranked by an absence',
    edits: [
      attempts(
        "case 'readBack':\n        return this.#wait(journey, question, nowMs, 'it says that it has the payment, and does not find it')",
        "case 'readBack':\n        return this.#requeue(journey, 'none')",
      ),
    ],
    expect: ['once', 'window'],
  },
  {
    name: 'a record booked under an instant that we never sent',
    edits: [
      attempts(
        "          ? undefined\n          : 'requestedAt'",
        '          ? undefined\n          : undefined',
      ),
    ],
    expect: ['once', 'window', 'assert'],
  },
  {
    name: 'a record of another amount settles',
    edits: [attempts("? 'amount'", '? undefined')],
    expect: ['once', 'window'],
  },
  {
    name: 'a payment that was refused forgets under which instant',
    edits: [ledger('this.#keepAttempt(row)\n    this.#move(row, refused', 'this.#move(row, refused')],
    expect: ['conservation'],
  },
  {
    name: 'retry elsewhere after a time-out',
    edits: [
      attempts(
        "case 'unknown':\n        return this.#lost(journey, nowMs, outcome.reason)\n      case 'rejected'",
        "case 'unknown':\n        return this.#requeue(journey, 'none')\n      case 'rejected'",
      ),
    ],
    expect: ['once', 'window'],
  },
  {
    name: 'move elsewhere after 5xx without look-up',
    edits: [
      attempts(
        "this.#ask(journey, 'move', time.nowMs)\n      return false",
        "this.#decisions.decide({ kind: 'requeued', row, doubt: 'none' })",
      ),
    ],
    expect: ['once'],
  },
  {
    name: 'a refusal of the repeat taken for the first attempt’s fate',
    edits: [
      attempts(
        "case 'refused':\n        if (stage.earlier === 'lost') return this.#wait(journey, 'resolve', nowMs, outcome.reason)",
        "case 'refused':",
      ),
    ],
    expect: ['window', 'once', 'assert'],
  },
  {
    name: 'look-up absent taken for lost',
    edits: [
      attempts(
        "case 'resolve':\n        return this.#repeat(journey, nowMs)",
        "case 'resolve':\n        return this.#reject(journey, 'lost')",
      ),
    ],
    expect: ['once'],
  },
  {
    name: 'unfenced late answer of an earlier generation',
    edits: [
      attempts(
        "nowMs)\n    if (token.generation !== this.#generation) return\n    switch (outcome.kind) {\n      case 'recorded'",
        "nowMs)\n    switch (outcome.kind) {\n      case 'recorded'",
      ),
    ],
    expect: ['assert', 'once', 'window'],
  },
  {
    name: 'a settlement counted twice',
    edits: [
      ledger(
        'this.settlements.of(processor).insert(requestedAtMs, this.amountCents(row))',
        'for (let n = 0; n < 1 + (row % 2); n += 1) this.settlements.of(processor).insert(requestedAtMs, this.amountCents(row))',
      ),
    ],
    expect: ['window', 'reads', 'assert'],
  },
  {
    name: 'float money',
    edits: [
      ledger(
        'this.settlements.of(processor).insert(requestedAtMs, this.amountCents(row))',
        'this.settlements.of(processor).insert(requestedAtMs, (this.amountCents(row) / 100) * 100)',
      ),
    ],
    expect: ['window', 'assert'],
  },
  {
    name: 'window without its last millisecond',
    edits: [
      {
        file: 'packages/ledger/src/range-sums.ts',
        find: 'Number.POSITIVE_INFINITY : toMs + 1)',
        replace: 'Number.POSITIVE_INFINITY : toMs)',
      },
    ],
    expect: ['window'],
  },
  {
    name: 'what came before a known id in a batch is not written down',
    edits: [
      engine(
        'from = this.#enter(records, from, offset, time) + paymentRecordBytes',
        'from = offset + paymentRecordBytes',
      ),
    ],
    expect: ['conservation', 'progress', 'reads'],
  },
  {
    name: 'a fact is written down and not applied',
    edits: [
      {
        file: 'packages/engine/src/decisions.ts',
        find: 'this.#ledger.apply(fact)',
        replace: "if (fact.kind !== 'requeued' || fact.doubt === 'none') this.#ledger.apply(fact)",
      },
    ],
    expect: ['assert', 'once', 'window'],
  },
  {
    name: 'a fact is applied and not written down',
    edits: [
      {
        file: 'packages/engine/src/decisions.ts',
        find: 'this.#ledger.apply(fact)',
        replace: "this.#ledger.apply(fact)\n    if (fact.kind === 'sent' && fact.row % 3 === 0) return",
      },
    ],
    expect: ['once', 'window', 'conservation', 'assert'],
    runs: 'crashes',
  },
  {
    name: 'the ledger forgets at apply who has refused a payment',
    edits: [ledger('this.#move(row, refused, this.processor(row), 0)', 'this.#move(row, queued, -1, 0)')],
    expect: ['once'],
  },
  {
    name: 'a row in flight comes back from a snapshot as queued',
    edits: [
      ledger(
        '} else if (state !== queued) {',
        '} else if (state !== queued && (state !== inFlight || row % 2 === 1)) {',
      ),
    ],
    expect: ['conservation', 'once', 'window', 'assert'],
    runs: 'crashes',
  },
  {
    name: 'hold without budget',
    edits: [
      {
        file: 'packages/engine/src/dispatcher.ts',
        find: 'return count <= keepCount && oldestEnteredAtMs > nowMs - ageMsMin',
        replace: 'return ageMsMin > 0 || count <= keepCount',
      },
    ],
    expect: ['progress'],
  },
  {
    name: 'a rejection of a repeat waits unseen',
    edits: [
      {
        file: 'packages/engine/src/attention.ts',
        find: '(trouble.isHopeless || isOld(trouble.sinceMs))',
        replace: 'isOld(trouble.sinceMs)',
      },
    ],
    expect: ['progress'],
  },
  {
    name: 'a settled payment can be resubmitted',
    edits: [
      {
        file: 'packages/engine/src/orders.ts',
        find: "if (state === settled) return conflict('This payment is settled.')",
        replace: "if (state === settled) return ok({ kind: 'released', row })",
      },
      ledger(
        "assert(isOpen(state) ? state !== queued : state === rejected, 'what waits or has ended is not released')",
        '',
      ),
    ],
    expect: ['once', 'window', 'assert', 'reads'],
  },
  {
    name: 'a discarded payment can be resubmitted',
    edits: [
      {
        file: 'packages/engine/src/orders.ts',
        find: "return conflict('This payment is rejected and was discarded: it is not sent again.')",
        replace: "return ok({ kind: 'released', row })",
      },
      ledger(
        "assert(isOpen(state) ? state !== queued : state === rejected, 'what waits or has ended is not released')",
        '',
      ),
    ],
    expect: ['once'],
  },
  {
    name: 'a payment that comes back from a snapshot is not discarded any more',
    edits: [ledger('if (state === discarded) this.#discard(row)', '')],
    expect: ['conservation'],
    runs: 'crashes',
  },
  {
    name: 'what a person says of a payment is not written down',
    edits: [
      {
        file: 'packages/engine/src/decisions.ts',
        find: 'this.#ledger.apply(fact)',
        replace: "this.#ledger.apply(fact)\n    if (fact.kind === 'released') return",
      },
    ],
    expect: ['conservation', 'window', 'once', 'assert'],
    runs: 'crashes',
  },
  {
    name: 'no canaries as the last resort',
    edits: [
      {
        file: 'packages/engine/src/dispatcher.ts',
        find: 'this.#isLastResort = isQuiet &&',
        replace: 'this.#isLastResort = isQuiet && this.#stopped && !isQuiet &&',
      },
      routing('lane.ts', 'this.safe && (this.isEnding || !this', 'this.safe && (!this'),
    ],
    expect: ['progress'],
  },
  {
    name: 'who waits for the next pass is not woken for it',
    edits: [
      {
        file: 'packages/engine/src/engine.ts',
        find: 'if (this.#mayDispatch) wakeAtMs = Math.min',
        replace: 'if (this.#mayDispatch && this.#queue.count > 1) wakeAtMs = Math.min',
      },
    ],
    expect: ['progress'],
  },
  {
    name: 'a second pass in the pause after the first',
    edits: [
      routing('pace.ts', 'return this.#filledAtMs + Math.min(pauseMs, tickMsMax)', 'return this.#filledAtMs'),
    ],
    expect: ['bounds'],
  },
]
