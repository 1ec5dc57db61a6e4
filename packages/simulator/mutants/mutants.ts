import { coordinatorMutants } from './coordinator-mutants.ts'
import { channel, engine, routing } from './edits.ts'
import { engineMutants } from './engine-mutants.ts'
import { handMutants } from './hand-mutants.ts'
import { journalMutants } from './journal-mutants.ts'
import type { Mutant } from './mutant.ts'
import { nodeMutants } from './node-mutants.ts'
import { noiseMutants } from './noise-mutants.ts'
import { processorMutants } from './processor-mutants.ts'
import { reconcileMutants } from './reconcile-mutants.ts'
import { replicationMutants } from './replication-mutants.ts'
import { retentionMutants } from './retention-mutants.ts'
import { shardMutants } from './shard-mutants.ts'

/** Bugs that have cost other entries their score, and bugs that this design makes likely. */
export const mutants: readonly Mutant[] = [
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
        "assert(firstSequence <= this.#lastSequence + 1, 'nothing is skipped')",
        '',
      ),
    ],
    expect: ['conservation', 'progress'],
  },
  {
    name: 'resend without rewinding',
    edits: [channel('send-buffer.ts', 'this.#next = this.#acknowledged + 1', '')],
    expect: ['protocol', 'progress'],
  },
  {
    name: 'resend without skipping, and the engine does not know ids',
    edits: [
      channel(
        'payment-receiver.ts',
        'return ok(Math.min(count, this.#lastSequence + 1 - firstSequence))',
        'return ok(0)',
      ),
      engine('if (known === undefined) continue', 'if (known === undefined || offset >= 0) continue'),
      {
        file: 'packages/ledger/src/id-index.ts',
        find: "assert(!isTaken(slots, at), 'a payment is accepted once')",
        replace: '',
      },
    ],
    expect: ['once', 'window', 'assert', 'conservation'],
  },
  {
    name: 'the node does not rewind after a reconnect',
    edits: [channel('ends/node-end.ts', 'this.#buffer.rewind()', '')],
    expect: ['protocol', 'progress'],
  },
  {
    name: 'the node ignores its window',
    edits: [
      channel(
        'ends/node-end.ts',
        'this.#buffer.take(paymentsPerFrameMax, this.#sendThrough)',
        'this.#buffer.take(paymentsPerFrameMax, Number.MAX_SAFE_INTEGER)',
      ),
    ],
    expect: ['protocol'],
  },
  {
    name: 'the node gives up after the first lost connection',
    edits: [
      channel('ends/node-end.ts', 'this.#cancelRetry = timers.after(delayMs, () => this.#connect())', ''),
    ],
    expect: ['progress'],
  },
  {
    name: 'the node answers a request by its reply and again when the connection is lost',
    edits: [channel('ends/pending-requests.ts', 'this.#byId.delete(id)', '')],
    expect: ['reads'],
  },
  {
    name: 'a request whose connection is lost is never answered',
    edits: [
      channel(
        'ends/node-end.ts',
        "this.#requests.failLost('the connection to the coordinator was lost')",
        '',
      ),
      channel(
        'ends/pending-requests.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source's own text
        'this.#settle(id, unavailable(`no reply within ${timeoutMs} ms`))',
        '',
      ),
    ],
    expect: ['reads'],
  },
  {
    name: 'the coordinator forgets what a session has sent',
    edits: [
      channel(
        'ends/coordinator-end.ts',
        'const session = known ?? { lastSequence: sequence, keptSequence: sequence }',
        'const session = { lastSequence: 0, keptSequence: 0 }',
      ),
    ],
    expect: ['protocol'],
  },
  {
    name: 'the coordinator acknowledges before its handler has taken the payments',
    edits: [
      channel(
        'ends/node-connection.ts',
        'const conflicts = this.#owner.handlers.onPayments(fresh, count - skipCount)',
        'const kept = fresh.slice()\n      const conflicts: readonly never[] = []\n      this.#owner.timers.after(1, () => this.#owner.handlers.onPayments(kept, count - skipCount))',
      ),
    ],
    expect: ['conservation', 'reads'],
  },
  {
    name: 'the coordinator grants the same room to every node',
    edits: [
      channel(
        'ends/coordinator-end.ts',
        'return Math.max(0, roomCount - this.outstandingCount)',
        'return roomCount',
      ),
      channel(
        'payment-receiver.ts',
        'Math.ceil(Math.max(0, roomCount) / nodeCountMax)',
        'Math.max(0, roomCount)',
      ),
    ],
    expect: ['bounds', 'assert', 'protocol'],
  },
  {
    name: 'the coordinator lets in who has another secret',
    edits: [
      channel(
        'handshake.ts',
        "this.#crypto.equal(this.#crypto.hmac(transcriptOf('node', hello, serverNonce)), proof)",
        'proof.length > 0',
      ),
    ],
    expect: ['protocol'],
  },
  {
    name: 'the node talks to a coordinator that proves another secret',
    edits: [channel('handshake.ts', 'this.#crypto.equal(expected, welcome.proof)', 'expected.length > 0')],
    expect: ['protocol'],
  },
  {
    name: 'the coordinator rests after each chunk that it has read',
    edits: [
      channel(
        'ends/link.ts',
        "if (this.#answersPeer && this.blocked && this.#state === 'open') this.#stream.pause()",
        "if (this.#answersPeer && this.#state === 'open') {\n      this.#stream.pause()\n      this.#timers.after(20, () => this.#stream.resume())\n    }",
      ),
    ],
    expect: ['progress'],
  },
  {
    name: 'payments go over the first connection',
    edits: [
      channel('ends/node-links.ts', 'this.#upward?.send(payments)', 'this.#first.send(payments)'),
      channel(
        'ends/node-connection.ts',
        "      case 'request':\n",
        "      case 'payments':\n        return this.#onPayments(message)\n      case 'request':\n",
      ),
      channel('ends/node-connection.ts', 'onPause: () => {}', 'onPause: () => this.payAck()'),
    ],
    expect: ['conservation'],
  },
  {
    name: 'acknowledgements go over the upward connection',
    edits: [
      channel(
        'ends/node-connection.ts',
        "this.#first.send({\n      type: 'ack'",
        "this.#upward?.send({\n      type: 'ack'",
      ),
      channel(
        'ends/node-links.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source's own text
        'onMessage: ({ type }) => this.#onUpwardNoise(`${type} on the upward connection`)',
        "onMessage: message => message.type === 'ack' ? this.#owner.onMessage(message) : this.#onUpwardNoise('')",
      ),
    ],
    expect: ['conservation', 'protocol'],
  },
  {
    name: 'the upward connection is dropped when the first one is gone',
    edits: [
      channel(
        'ends/node-connection.ts',
        'if (isNode && !this.#dismissed) this.#upward.runOut()',
        'if (!isNode) this.#upward.runOut()',
      ),
    ],
    expect: ['conservation'],
  },
  {
    name: 'a link that does not notice silence',
    edits: [
      channel(
        'ends/link.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source's own text
        "if (action === 'lost') this.destroy(`silent for ${silentIntervalsMax} heartbeats of ${heartbeatMs} ms`)",
        '',
      ),
    ],
    expect: ['progress', 'bounds'],
  },
  {
    name: 'a link that waits for ever for a handshake',
    edits: [channel('ends/link.ts', 'this.destroy(`no handshake within', 'void (`no handshake within')],
    expect: ['bounds', 'progress'],
  },
  {
    name: 'a link that goes on reading after it has been ended',
    edits: [
      channel('ends/link.ts', "while (this.#state === 'open' && !(", "while (this.#state !== 'closed' && !("),
      channel('ends/node-connection.ts', 'if (this.#dismissed || message', 'if (message'),
    ],
    expect: ['assert'],
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
        "this.#state = 'closed'\n    this.#canaryIntervalMs = this.#options.canaryIntervalMsMin",
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
    edits: [
      routing(
        'limiter.ts',
        'return this.#inFlightCount - this.#overdueCount < this.limitCount && !this.isFull',
        'return true',
      ),
    ],
    expect: ['bounds'],
  },
  {
    name: 'polls twice as often',
    edits: [
      routing(
        'poll-schedule.ts',
        'lane.readyAtMs = nowMs + lane.pauseMs',
        'lane.readyAtMs = nowMs + lane.pauseMs / 2',
      ),
    ],
    expect: ['poll'],
  },
  {
    name: 'polls as soon as it has restarted',
    edits: [
      routing(
        'poll-schedule.ts',
        '#lanes) pause(lane, nowMs + this.#firstLateMs)',
        '#lanes) pause(lane, nowMs - lane.pauseMs)',
      ),
    ],
    expect: ['poll'],
    runs: 'crashes',
  },
  ...engineMutants,
  ...coordinatorMutants,
  ...handMutants,
  ...journalMutants,
  ...nodeMutants,
  ...noiseMutants,
  ...processorMutants,
  ...reconcileMutants,
  ...replicationMutants,
  ...retentionMutants,
  ...shardMutants,
]
