import { channel, coordinator, node } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** Bugs of an API node, between its clients and the channel. */
export const nodeMutants: readonly Mutant[] = [
  {
    name: 'a conflict is answered 202',
    edits: [
      node(
        'post-payment.ts',
        'waiting.take(sequence)?.problem(conflictProblem(conflict))',
        'conflictProblem({ ...conflict, reason: String(sequence) })',
      ),
    ],
    expect: ['protocol'],
  },
  {
    name: 'a welcome covers conflicts that the node was not told',
    edits: [
      channel(
        'ends/coordinator-end.ts',
        'connection.receiver.conflicts.size > 0 ? sequence : keptSequence',
        'keptSequence',
      ),
    ],
    expect: ['protocol'],
  },
  {
    name: 'a conflict is not told again after a lost connection',
    edits: [
      channel(
        'ends/node-connection.ts',
        'of this.receiver.conflicts)',
        'of new Map<number, PaymentConflict>())',
      ),
    ],
    expect: ['protocol'],
  },
  {
    name: 'a waiting client is told queued before the coordinator has its payment',
    edits: [
      node(
        'waiting-payments.ts',
        'if (sequence > throughSequence) return',
        'if (sequence > throughSequence + 3) return',
      ),
    ],
    expect: ['conservation'],
  },
  {
    name: 'what is queued is told as journaled',
    edits: [
      node(
        'waiting-payments.ts',
        "this.#release(this.#forJournal, journaledSequence, 'journaled')",
        "this.#release(this.#forJournal, queuedSequence, 'journaled')",
      ),
    ],
    expect: ['conservation'],
    runs: 'crashes',
  },
  {
    name: 'what is only received when the wait is over is told as queued',
    edits: [
      node('waiting-payments.ts', "sequence <= this.#queuedSequence ? 'queued' : 'received'", "'queued'"),
    ],
    expect: ['conservation'],
  },
  {
    name: 'a client waits for ever behind one whose wait is over',
    edits: [
      node(
        'waiting-payments.ts',
        'if (nextMs < Number.POSITIVE_INFINITY) this.#sweepAfter(nextMs - nowMs)',
        '',
      ),
    ],
    expect: ['bounds', 'reads'],
  },
  {
    name: 'received is told before it is written',
    edits: [
      node(
        'post-payment.ts',
        "channel.flush()\n    call.acknowledge('received')",
        "call.acknowledge('received')",
      ),
    ],
    expect: ['conservation'],
  },
  {
    name: 'less than the least level is told as a 202',
    edits: [node('post-payment.ts', 'else call.problem(tooLittle)', 'else call.acknowledge(reached)')],
    expect: ['protocol'],
  },
  {
    name: 'a payment for which there is no room is told as received',
    edits: [
      node(
        'post-payment.ts',
        'return call.problem(channel.roomShort ? ledgerFull : bufferFull)',
        "return call.acknowledge('received')",
      ),
    ],
    expect: ['conservation'],
  },
  {
    name: 'a node takes new payments although the queue is too long',
    edits: [
      node(
        'post-payment.ts',
        'if (channel.retryAfterSeconds === 0) return take(',
        'if (channel.connected) return take(',
      ),
    ],
    expect: ['bounds'],
  },
  {
    name: 'a payment that is known is refused since the queue is too long',
    edits: [node('post-payment.ts', "report.value.state !== 'absent'", "report.value.state === 'settled'")],
    expect: ['protocol'],
  },
  {
    name: 'a status read misses the payment that the node holds',
    edits: [node('get-payment.ts', 'else if (isHeld()) call.json(printHeld(id), headers)', '')],
    expect: ['reads'],
  },
  {
    name: 'a payment that has ended ends no wait for it',
    edits: [coordinator('if (this.#endings.count > 0)', 'if (this.#endings.count < 0)')],
    expect: ['reads'],
  },
  {
    name: 'a wait for the end of a payment ends when it is sent',
    edits: [
      coordinator(
        "fact.kind === 'settled' ||",
        "fact.kind === 'sent' || fact.kind === 'settled' ||",
        'ending-waits.ts',
      ),
    ],
    expect: ['reads'],
  },
  {
    name: 'of a body in pieces the last one is read alone',
    edits: [
      node(
        'read-body.ts',
        'if (isLast && pieces === undefined) return onBody(piece)',
        'if (isLast) return onBody(piece)',
      ),
    ],
    expect: ['protocol'],
  },
  {
    name: 'a client that has left is answered',
    edits: [node('http-call.ts', "if (this.#leave('aborted')) this.#onLeave?.()", '')],
    expect: ['protocol'],
  },
]
