import type { Edit, Mutant } from './mutant.ts'

const engine = (find: string, replace: string): Edit => ({
  file: 'packages/engine/src/engine.ts',
  find,
  replace,
})
const ledger = (find: string, replace: string): Edit => ({
  file: 'packages/ledger/src/ledger.ts',
  find,
  replace,
})
const routing = (file: string, find: string, replace: string): Edit => ({
  file: `packages/routing/src/${file}`,
  find,
  replace,
})
const channel = (file: string, find: string, replace: string): Edit => ({
  file: `packages/channel/src/${file}`,
  find,
  replace,
})

/** The bugs that cost others their score, and those that this design invites. */
export const mutants: readonly Mutant[] = [
  {
    name: 'requestedAt at accept',
    edits: [engine('fresh.requestedAtMs = nowMs', 'fresh.requestedAtMs = acceptedAtMs')],
    expect: ['window'],
  },
  {
    name: 'new requestedAt after unknown',
    edits: [
      engine(
        'this.#ledger.setQueued(journey.row)\n    this.#send(journey, lane, nowMs)',
        'this.#ledger.setQueued(journey.row)\n    journey.requestedAtMs = nowMs\n    this.#send(journey, lane, nowMs)',
      ),
    ],
    expect: ['window'],
  },
  {
    name: '422 taken as refusal',
    edits: [
      engine(
        "if (journey.doubt !== 'none') return this.#lookUp(journey, 'readBack')",
        "if (journey.doubt !== 'none') return this.#requeue(journey)",
      ),
    ],
    expect: ['window', 'once', 'progress'],
  },
  {
    name: '422 taken as rejection',
    edits: [engine("if (journey.doubt !== 'none') return this.#lookUp(journey, 'readBack')", '')],
    expect: ['once'],
  },
  {
    name: "422 booked under own attempt's requestedAt",
    edits: [
      engine(
        "if (journey.doubt !== 'none') return this.#lookUp(journey, 'readBack')",
        "if (journey.doubt !== 'none') return this.#settle(journey, journey.requestedAtMs)",
      ),
    ],
    expect: ['once'],
  },
  {
    name: 'retry elsewhere after a time-out',
    edits: [
      engine(
        "journey.doubt = 'recorded?'\n        journey.purpose = 'resolve'\n        return this.#wait(journey, nowMs)",
        'return this.#requeue(journey)',
      ),
    ],
    expect: ['once', 'window'],
  },
  {
    name: 'move elsewhere after 5xx without look-up',
    edits: [
      engine(
        "this.#lookUp(known, 'move')\n      return",
        "known.processor = lane.index\n      known.doubt = 'none'",
      ),
    ],
    expect: ['once'],
  },
  {
    name: 'a refusal of the repeat taken for the first attempt’s fate',
    edits: [
      engine(
        "case 'refused':\n        if (journey.doubt === 'recorded?') return this.#wait(journey, nowMs)",
        "case 'refused':",
      ),
    ],
    expect: ['window', 'once', 'assert'],
  },
  {
    name: 'look-up absent taken for lost',
    edits: [
      engine(
        "if (journey.doubt === 'recorded?') return this.#repeat(journey, nowMs)",
        "if (journey.doubt === 'recorded?') return this.#reject(journey, 'lost')",
      ),
    ],
    expect: ['once'],
  },
  {
    name: 'a settlement counted twice',
    edits: [
      ledger(
        'this.#sums[processor]?.insert(requestedAtMs, this.amountCents(row))',
        'for (let n = 0; n < Math.min(2, this.attempt(row)); n += 1) this.#sums[processor]?.insert(requestedAtMs, this.amountCents(row))',
      ),
    ],
    expect: ['window', 'reads', 'assert'],
  },
  {
    name: 'float money',
    edits: [
      ledger(
        'this.#sums[processor]?.insert(requestedAtMs, this.amountCents(row))',
        'this.#sums[processor]?.insert(requestedAtMs, (this.amountCents(row) / 100) * 100)',
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
    name: 'unfenced late answer of an earlier generation',
    edits: [
      engine(
        'journey.permit = undefined\n    if (token.generation !== this.#generation) return',
        'journey.permit = undefined',
      ),
    ],
    expect: ['assert', 'once', 'window'],
  },
  {
    name: 'a batch lost on reconnect',
    edits: [
      channel('send-buffer.ts', 'this.#next = this.#acknowledged + 1', ''),
      channel(
        'payment-receiver.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source's own text
        'return err(`payments from ${firstSequence} after ${this.#lastSequence}: a gap`)',
        'return ok(0)',
      ),
      channel(
        'payment-receiver.ts',
        "assert(firstSequence <= this.#lastSequence + 1, 'no gap is accepted')",
        '',
      ),
    ],
    expect: ['conservation'],
  },
  {
    name: 'resend without rewinding',
    edits: [channel('send-buffer.ts', 'this.#next = this.#acknowledged + 1', '')],
    expect: ['protocol'],
  },
  {
    name: 'resend without skipping, and the engine does not know ids',
    edits: [
      channel(
        'payment-receiver.ts',
        'return ok(Math.min(count, this.#lastSequence + 1 - firstSequence))',
        'return ok(0)',
      ),
      engine('if (this.#ledger.find(records, offset) >= 0) this.#duplicateCount += 1\n      else', ''),
      ledger("assert(this.#index.find(ids, offset) === -1, 'insert of a payment that is there')", ''),
    ],
    expect: ['once', 'window', 'assert', 'conservation'],
  },
  {
    name: 'a frame that comes in pieces is put together wrongly',
    edits: [channel('frame-decoder.ts', 'this.#partialBytes += taken', '')],
    expect: ['protocol', 'progress'],
  },
  {
    name: 'the send buffer’s ring read past its end',
    edits: [channel('send-buffer.ts', 'Math.min(unsentCount, untilWrap)', 'unsentCount')],
    expect: ['protocol', 'conservation', 'progress', 'assert'],
  },
  {
    name: 'circuit that never closes',
    edits: [
      routing(
        'circuit.ts',
        "this.#state = 'closed'\n      this.#canaryIntervalMs = this.#options.canaryIntervalMsMin",
        "this.#state = 'open'\n      this.#canaryAtMs += this.#options.canaryIntervalMsMax",
      ),
      routing(
        'circuit.ts',
        "if (!failing && this.#state === 'open') {",
        "if (!failing && this.#state === 'open' && nowMs < 0) {",
      ),
    ],
    expect: ['progress'],
  },
  {
    name: 'limiter that never grows',
    edits: [routing('limiter.ts', 'this.#limit = Math.min(this.#limit + step, this.#options.countMax)', '')],
    expect: ['progress'],
  },
  {
    name: 'limiter that never shrinks its in-flight count',
    edits: [routing('limiter.ts', 'this.#inFlightCount -= 1', '')],
    expect: ['bounds', 'progress'],
  },
  {
    name: 'limiter without a limit',
    edits: [routing('limiter.ts', 'return this.#inFlightCount < this.limitCount', 'return true')],
    expect: ['bounds'],
  },
  {
    name: 'polls twice as often',
    edits: [routing('lane.ts', 'nowMs + this.options.healthPollMs', 'nowMs + this.options.healthPollMs / 2')],
    expect: ['poll'],
  },
  {
    name: 'hold without budget',
    edits: [
      engine(
        'while (this.#queue.count > keepCount || this.#oldestAcceptedMs <= acceptedMsMax) {',
        'while (ageMsMin === 0 && (this.#queue.count > keepCount || this.#oldestAcceptedMs <= acceptedMsMax)) {',
      ),
    ],
    expect: ['progress'],
  },
]
