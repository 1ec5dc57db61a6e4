import { channel, coordinator, engine, journal, ledger } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** Bugs of several coordinators and their log. */
export const replicationMutants: readonly Mutant[] = [
  {
    name: 'a new leader forgets the pauses',
    edits: [engine("lane.sending = options.sending?.[lane.index] ?? 'on'", "lane.sending = 'on'")],
    expect: ['hand'],
    runs: 'replicated',
  },
  {
    name: 'a snapshot has nothing of what a person has set',
    edits: [ledger('this.notes.size > 0', 'this.notes.size > 1000')],
    expect: ['leadership', 'hand'],
    runs: 'replicated',
  },
  {
    name: 'a change counts as kept before the log has it',
    edits: [coordinator('whenSafe(log, () => done(unwritten(log) ?? ok(undefined)))', 'done(ok(undefined))')],
    expect: ['conservation'],
    runs: 'replicated',
  },
  {
    name: 'a coordinator leads before its own claim is applied',
    edits: [
      journal(
        'stream/standby.ts',
        "if (answer.kind === 'stored') return this.#await(answer.sequence, () => this.#begun(answer.sequence))",
        "if (answer.kind === 'stored') return this.#begun(answer.sequence)",
      ),
    ],
    expect: ['leadership'],
    runs: 'replicated',
  },
  {
    name: 'a health endpoint is asked without an intent in the log',
    edits: [engine("this.#decisions.decide({ kind: 'polled', processor: lane })", '')],
    expect: ['poll'],
    runs: 'replicated',
  },
  {
    name: 'a poll that comes late is made all the same',
    edits: [
      coordinator(
        "if (effect.kind === 'pollHealth') return nowMs - effect.askedAtMs > pollIntentMsMax",
        "if (effect.kind === 'pollHealth') return false",
        'not-begun.ts',
      ),
    ],
    expect: ['poll'],
    runs: 'replicated',
  },
  {
    name: 'another writer’s record is taken for one’s own',
    edits: [journal('stream/stream-log.ts', 'if (sameBytes(record.bytes, bytes))', 'if (bytes.length > 0)')],
    expect: ['conservation', 'leadership', 'poll'],
    runs: 'replicated',
  },
  {
    name: 'a writer goes by the stream’s last number alone',
    edits: [
      journal(
        'stream/stream-log.ts',
        'done(this.#lose(record))',
        'this.#lastSequence = record.sequence\n      this.#publish(publication)',
      ),
      journal('simulated/simulated-stream.ts', '!isExpected || epochSequence !== lastEpoch', '!isExpected'),
    ],
    expect: ['leadership'],
    runs: 'replicated',
  },
  {
    name: 'a record counts as stored when it is sent',
    edits: [
      journal(
        'stream/stream-log.ts',
        'this.#stream.publish({ subject, bytes, epochSequence, lastSequence }, answer => {',
        'this.#stream.publish({ subject, bytes, epochSequence, lastSequence }, () => {})\n    for (const answer of [{ kind: "stored", sequence: this.#lastSequence + 1 } as PublishAnswer]) {',
      ),
      journal(
        'stream/stream-log.ts',
        'this.#settle(publication, countLeft - 1)\n    })',
        'this.#settle(publication, countLeft - 1)\n    }',
      ),
    ],
    expect: ['conservation', 'leadership'],
    runs: 'replicated',
  },
  {
    name: 'no answer of the log is taken for a yes',
    edits: [
      journal(
        'stream/stream-log.ts',
        'this.#settle(publication, countLeft - 1)\n',
        "if (answer.kind === 'silent') this.#onStored(publication, this.#lastSequence + 1)\n      else this.#settle(publication, countLeft - 1)\n",
      ),
    ],
    expect: ['conservation', 'leadership'],
    runs: 'replicated',
  },
  {
    name: 'records are removed before the log says what replaces them',
    edits: [
      journal(
        'stream/stream-log.ts',
        "this.#publish({ subject: 'epoch'",
        "this.#stream.purgeBefore(snapshot.fromSequence, () => {})\n    this.#publish({ subject: 'epoch'",
      ),
    ],
    expect: ['leadership', 'progress'],
    runs: 'replicated',
  },
  {
    name: 'a node follows a coordinator whose epoch is over',
    edits: [channel('candidates.ts', 'if (epoch < this.#epoch) return false', '')],
    expect: ['protocol'],
    runs: 'replicated',
  },
  {
    name: 'a standby does not refuse',
    edits: [
      channel(
        'ends/coordinator-end.ts',
        'if (this.#handlers === undefined) return standbyRefusal(this.#options.leader?.())',
        '',
      ),
    ],
    expect: ['assert'],
    runs: 'replicated',
  },
  {
    name: 'a leader that reaches no server of the log goes on',
    edits: [
      coordinator(
        'if (nowMs - this.#connectedAtMs < cutOffMsMax) return',
        'if (nowMs >= 0) return',
        'leadership/candidate.ts',
      ),
    ],
    expect: ['leadership'],
    runs: 'replicated',
  },
  {
    name: 'a node calls the standby again that has refused it',
    edits: [channel('candidates.ts', 'this.#index = isFollowed ? leaderIndex : next', '')],
    expect: ['progress'],
    runs: 'replicated',
  },
]
