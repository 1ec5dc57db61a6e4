import { expect, test } from 'vitest'
import { CoordinatorHandshake, NodeHandshake, transcriptOf } from './handshake.ts'
import { protocolVersion } from './limits.ts'
import type { HelloMessage, Message, ProofMessage, WelcomeMessage } from './messages.ts'
import { testCrypto } from './testing.ts'

const claims = {
  nodeName: 'api1',
  sessionId: new Uint8Array(16).fill(7),
  acknowledgedSequence: 41,
  bufferCountMax: 500,
  predecessorId: new Uint8Array(16).fill(9),
  heartbeatMs: 1000,
  shard: { index: 1, count: 4 },
}
const welcome: WelcomeMessage = {
  type: 'welcome',
  proof: new Uint8Array(32),
  coordinatorId: new Uint8Array(16),
  acknowledgedSequence: 41,
  windowCount: 10,
  keptBy: 'memory',
  epoch: 0,
  roomShort: false,
  retryAfterSeconds: 0,
  heartbeatMs: 1000,
}

/** Both ends, until the coordinator has judged the node's proof; `alter` is the wire between them. */
function play(nodeSecret: string, coordinatorSecret: string, alter: (message: Message) => Message = m => m) {
  const node = new NodeHandshake(testCrypto(nodeSecret, 0))
  const coordinator = new CoordinatorHandshake(testCrypto(coordinatorSecret, 100))
  const challenge = coordinator.receive(alter(node.hello(claims)))
  if (challenge.kind !== 'send') return { node, coordinator, challenge }
  const proof = node.receive(alter(challenge.message))
  if (proof.kind !== 'send') return { node, coordinator, challenge, proof }
  return {
    node,
    coordinator,
    challenge,
    proof,
    verdict: coordinator.prove(alter(proof.message) as ProofMessage),
  }
}

/** The node's step after a welcome with this proof. */
const welcomed = (node: NodeHandshake, proof: Uint8Array) => node.receive({ ...welcome, proof })

test('two ends with the same secret complete the handshake', () => {
  const { node, verdict } = play('secret', 'secret')
  if (verdict?.kind !== 'proven') throw new Error('the node has proved itself')
  expect(verdict.hello).toMatchObject(claims)
  expect(welcomed(node, verdict.proof)).toMatchObject({ kind: 'welcomed', welcome: { windowCount: 10 } })
})

test('the node proves itself first: no earlier message of the coordinator depends on the secret (invariant 5)', () => {
  const [one, other] = [play('secret', 'secret'), play('secret', 'other')]
  expect(one.challenge).toEqual(other.challenge)
  expect(other.verdict).toEqual({
    kind: 'failed',
    code: 'proof',
    reason: 'the node proved another secret',
    refusal: { type: 'refuse', code: 'proof', reason: 'the node proved another secret' },
  })
})

test('a node leaves a coordinator that welcomes it and has not proved itself (invariant 5)', () => {
  const refused = { kind: 'failed', code: 'proof', refusal: { type: 'refuse', code: 'proof' } }
  for (const nothing of [0, 255]) {
    const { node } = play('secret', 'secret')
    expect(welcomed(node, new Uint8Array(32).fill(nothing))).toMatchObject(refused)
  }
  const { node, proof } = play('secret', 'secret')
  // The node's own proof, sent back to it (invariant 2).
  expect(welcomed(node, (proof as { message: ProofMessage }).message.proof)).toMatchObject(refused)
})

test('a node that gives no good proof is refused', () => {
  const bad = (message: Message): Message =>
    message.type === 'proof' ? { ...message, proof: new Uint8Array(32) } : message
  expect(play('secret', 'secret', bad).verdict).toMatchObject({ kind: 'failed', code: 'proof' })
})

test('a recorded proof is worth nothing on another connection (invariant 1)', () => {
  const recorded = play('secret', 'secret')
  const hello = new NodeHandshake(testCrypto('secret', 0)).hello(claims)
  const coordinator = new CoordinatorHandshake(testCrypto('secret', 200))
  expect(coordinator.receive(hello).kind).toBe('send')
  const proof = (recorded.proof as { message: ProofMessage }).message
  expect(coordinator.prove(proof)).toMatchObject({ kind: 'failed', code: 'proof' })
})

test.each([
  ['nodeName', 'api2'],
  ['sessionId', new Uint8Array(16).fill(8)],
  ['acknowledgedSequence', 42],
  ['heartbeatMs', 1001],
  ['clientNonce', new Uint8Array(32).fill(9)],
  ['shard', { index: 2, count: 4 }],
  ['shard', { index: 1, count: 2 }],
])('a %s that was changed on the way breaks the proof (invariant 3)', (field, value) => {
  const forge = (message: Message): Message =>
    message.type === 'hello' ? { ...message, [field]: value } : message
  expect(play('secret', 'secret', forge).verdict).toMatchObject({ kind: 'failed', code: 'proof' })
})

test('another version is refused with both versions named', () => {
  const coordinator = new CoordinatorHandshake(testCrypto('secret', 0))
  const step = coordinator.receive({ type: 'foreignHello', version: 99 })
  expect(step).toMatchObject({ kind: 'failed', code: 'version' })
  if (step.kind === 'failed') expect(step.reason).toContain(`version ${protocolVersion}, not 99`)
})

const early: readonly Message[] = [
  welcome,
  { type: 'proof', serverNonce: new Uint8Array(32), proof: new Uint8Array(32) },
  { type: 'heartbeat' },
  { type: 'ack', sequence: 0, queuedSequence: 0, windowCount: 0, roomShort: false, retryAfterSeconds: 0 },
  { type: 'payments', firstSequence: 1, records: new Uint8Array(24), isAwaited: true },
  { type: 'request', id: 1, kind: 'purge', params: {} },
  { type: 'goodbye', reason: '' },
]

test.each(early.map(message => [message.type, message] as const))(
  'a %s in place of the first message fails both ends for good (invariant 4)',
  (_, message) => {
    const coordinator = new CoordinatorHandshake(testCrypto('secret', 0))
    expect(coordinator.receive(message)).toMatchObject({ kind: 'failed', code: 'protocol' })
    const node = new NodeHandshake(testCrypto('secret', 0))
    const hello = node.hello(claims)
    expect(node.receive(message)).toMatchObject({ kind: 'failed', code: 'protocol' })
    expect(coordinator.receive(hello)).toMatchObject({ kind: 'failed', code: 'protocol' })
  },
)

test('a refusal is passed on with its code, and is not answered with another', () => {
  const node = new NodeHandshake(testCrypto('secret', 0))
  node.hello(claims)
  expect(node.receive({ type: 'refuse', code: 'nodes', reason: 'full' })).toEqual({
    kind: 'failed',
    code: 'nodes',
    reason: 'full',
    refusal: undefined,
  })
})

test('the transcript is laid out as docs/channel.md says', () => {
  const hello: HelloMessage = {
    type: 'hello',
    version: protocolVersion,
    clientNonce: new Uint8Array(32).fill(1),
    ...claims,
  }
  const transcript = transcriptOf('node', hello, new Uint8Array(32).fill(2))
  const text = new TextDecoder('latin1').decode(transcript)
  const label = 'rinha-channel node\0'
  expect(text.slice(0, label.length)).toBe(label)
  const rest = [...transcript.subarray(label.length)]
  const expected = [
    ...new Uint8Array(32).fill(1),
    ...new Uint8Array(32).fill(2),
    ...claims.sessionId,
    ...claims.predecessorId,
    ...[0, 0, 0, protocolVersion],
    ...[0, 0, 0, 0, 0, 0, 0, 41],
    ...[0, 0, 3, 232],
    ...[0, 0, 1, 244],
    ...[0, 0, 0, 1],
    ...[0, 0, 0, 4],
    ...[...'api1'].map(character => character.charCodeAt(0)),
  ]
  expect(rest).toEqual(expected)
})
