import { channel, coordinator, engine, inRoom, node, routing } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** Bugs of several coordinators among which payments are divided. */
export const shardMutants: readonly Mutant[] = [
  {
    name: 'a node sends some payments to another shard, which takes them',
    edits: [
      node(
        'post-payment.ts',
        'intakes[shardOf(target.correlationId, intakes.length)]?.(call, wanted, target)',
        'const bit = (target.correlationId[0] ?? 0) < 16 ? 1 : 0\n      intakes[(shardOf(target.correlationId, intakes.length) + bit) % intakes.length]?.(call, wanted, target)',
      ),
      channel('ends/node-connection.ts', 'if (!areOf(this.#owner.shard, records))', 'if (!areOf)'),
    ],
    expect: ['conservation', 'protocol', 'progress'],
    runs: 'shards',
  },
  {
    name: 'two nodes divide payments in different ways, and every shard takes what comes',
    edits: [
      node(
        'post-payment.ts',
        'intakes[shardOf(target.correlationId, intakes.length)]',
        "intakes[(shardOf(target.correlationId, intakes.length) + (options.nodeName === 'api2' ? 1 : 0)) % intakes.length]",
      ),
      channel('ends/node-connection.ts', 'if (!areOf(this.#owner.shard, records))', 'if (!areOf)'),
    ],
    expect: ['conservation', 'protocol', 'once', 'progress'],
    runs: 'shards',
  },
  {
    name: 'a node sends some payments to another shard, which refuses them',
    edits: [
      node(
        'post-payment.ts',
        'intakes[shardOf(target.correlationId, intakes.length)]',
        'intakes[(shardOf(target.correlationId, intakes.length) + ((target.correlationId[0] ?? 0) < 16 ? 1 : 0)) % intakes.length]',
      ),
    ],
    expect: ['protocol', 'reads'],
    runs: 'shards',
  },
  {
    name: 'sums of all shards count as final up to the latest of them',
    edits: [node('get-summary.ts', 'const upToMs = Math.min(', 'const upToMs = Math.max(')],
    expect: ['window'],
    runs: 'shards',
  },
  {
    name: 'a sum leaves out a shard that does not answer',
    edits: [
      node(
        'get-summary.ts',
        'return call.problem(finerEnd(reason) ?? coordinatorAway(reason, shard))',
        'void [finerEnd, coordinatorAway, reason, shard]',
      ),
    ],
    expect: ['reads', 'window'],
    runs: 'shards',
  },
  {
    name: 'a sum leaves out the last shard',
    edits: [
      node(
        'get-summary.ts',
        'askAll(channels, ',
        'askAll(channels.slice(0, Math.max(1, channels.length - 1)), ',
      ),
    ],
    expect: ['reads', 'window'],
    runs: 'shards',
  },
  {
    name: 'a node takes the acknowledgement of one shard for that of another',
    edits: [
      node(
        'post-payment.ts',
        'channel.onAcknowledged((queuedSequence, journaledSequence) => {',
        'const heard = channels[(channels.indexOf(channel) + 1) % channels.length] ?? channel\n  heard.onAcknowledged((queuedSequence, journaledSequence) => {',
      ),
      node(
        'post-payment.ts',
        'const { ackLevelMin, ackWaitMsMax } = options\n  const tooLittle',
        'const { ackLevelMin, ackWaitMsMax } = options\n  const { channels } = ports\n  const tooLittle',
      ),
    ],
    expect: ['conservation'],
    runs: 'shards',
  },
  {
    name: 'every shard asks for the health of processors',
    edits: [engine('options.pollsHealth === false ? []', 'options.pollsHealth === undefined ? []')],
    expect: ['poll'],
    runs: 'shards',
  },
  {
    name: 'a poll that a shard is told of counts again each time',
    edits: [routing('lane.ts', 'if (polledMs < knownMs + this.options.healthPollMs / 2) return', '')],
    expect: ['poll'],
    runs: 'shards',
  },
  {
    name: 'a shard goes by a poll for as long as it hears of no other',
    edits: [routing('lane.ts', 'if (nowMs - knownMs > ageMsMax) this.#reported = undefined', '')],
    expect: ['poll'],
    runs: 'shards',
  },
  {
    name: 'a shard is told nothing while shard 0 does not answer',
    edits: [
      coordinator(
        'const told = answer.ok ? answer.value : []',
        'if (!answer.ok) return\n      const told = answer.value',
        'follow-health.ts',
      ),
    ],
    expect: ['poll'],
    runs: 'shards',
  },
  {
    name: 'a shard does not mind what it is told of health',
    edits: [
      routing(
        'lane.ts',
        "this.polled({ kind: 'answered', ...report }, nowMs)\n    this.#reported = {",
        'const ignored = {',
      ),
    ],
    expect: ['poll'],
    runs: 'shards',
  },
  {
    name: 'what a shard is told of one processor it takes for another',
    edits: [
      coordinator(
        'names.map(name => told.find(({ processor }) => processor === name))',
        'names.map((_, index) => told.toReversed()[index])',
        'follow-health.ts',
      ),
    ],
    expect: ['poll'],
    runs: 'shards',
  },
  {
    name: 'reconciliation leaves out a shard that does not answer',
    edits: [
      inRoom('reconcile')(
        'shards.ts',
        'if (each?.ok === false) return answer(each)',
        'if (each?.ok === false) continue',
      ),
    ],
    expect: ['reconciliation'],
    runs: 'shards',
  },
  {
    name: 'reconciliation goes up to the last attempt of any shard',
    edits: [
      inRoom('reconcile')(
        'shards.ts',
        'toMs: Math.min(...spans.map(each => each.toMs))',
        'toMs: Math.max(...spans.map(each => each.toMs))',
      ),
    ],
    expect: ['reconciliation'],
    runs: 'shards',
  },
  {
    name: 'reconciliation asks another shard for the state of a payment',
    edits: [
      inRoom('reconcile')(
        'shards.ts',
        'shardOf(correlationId, this.#shards.length))',
        '(shardOf(correlationId, this.#shards.length) + 1) % this.#shards.length)',
      ),
    ],
    expect: ['reconciliation'],
    runs: 'shards',
  },
]
