import { assert, err, ok, type Result } from '@rinha/base'
import {
  conflictKinds,
  paymentRecordBytes,
  paymentRecordsProblem,
  type Shard,
  shardCountMax,
} from '@rinha/payment'
import { Packr, RESERVE_START_SPACE } from 'msgpackr'
import { Fields } from './fields.ts'
import * as limits from './limits.ts'
import { keepers, type Message, messageCodes, type OutgoingMessage, refuseCodes } from './messages.ts'
import type { ChannelRequestKind } from './port.ts'
import type { RequestCodec } from './request-codec.ts'
import { clipReason, requestCodecs, requestKinds } from './requests.ts'
import { scanPayload } from './scan.ts'

/**
 * Messages to bytes and back. Encoding trusts its caller and asserts what it states; decoding trusts nobody: whatever
 * the bytes are, the answer is a message whose every field has been checked, or what is wrong, never an exception.
 */

// No records, no maps, no extensions: scanPayload lets none through, and nothing of ours needs them.
const packr = new Packr({ useRecords: false, int64AsType: 'number' })

/** One whole frame: the length, then the message. */
export function encodeMessage(message: OutgoingMessage): Uint8Array {
  const frame = packr.pack(valuesOf(message), RESERVE_START_SPACE | limits.frameHeaderBytes)
  const payloadBytes = frame.length - limits.frameHeaderBytes
  assert(payloadBytes > 0 && payloadBytes <= limits.frameBytesMax, 'a message fits a frame')
  for (let byte = 0; byte < limits.frameHeaderBytes; byte += 1) {
    frame[byte] = payloadBytes >>> (24 - byte * 8)
  }
  return frame
}

/**
 * The message of one payload, or what is wrong with it. `records` of PAYMENTS is a view of the payload; every other
 * byte field is a copy.
 */
export function decodeMessage(payload: Uint8Array): Result<Message, string> {
  const problem = scanPayload(payload)
  if (problem !== undefined) return err(problem)
  let values: unknown
  try {
    values = packr.unpack(payload)
  } catch (error) {
    return err(`not msgpack: ${error instanceof Error ? error.message : 'unknown'}`)
  }
  const fields = new Fields(values)
  const name = namesByCode.get(fields.next())
  if (name === undefined) return err('unknown message')
  const message = readers[name](fields)
  const result = fields.result(message)
  return result.ok ? result : err(`${name}: ${result.error}`)
}

function valuesOf(message: OutgoingMessage): readonly unknown[] {
  const code = messageCodes[message.type]
  switch (message.type) {
    case 'hello': {
      const { version, nodeName, sessionId, clientNonce, acknowledgedSequence } = message
      const { bufferCountMax, predecessorId, heartbeatMs, shard } = message
      const own = [bufferCountMax, predecessorId, heartbeatMs, shard.index, shard.count]
      return [code, version, nodeName, sessionId, clientNonce, acknowledgedSequence, ...own]
    }
    case 'challenge':
      return [code, message.version, message.serverNonce]
    case 'proof':
      return [code, message.serverNonce, message.proof]
    case 'welcome': {
      const { proof, coordinatorId, acknowledgedSequence, windowCount } = message
      const { heartbeatMs, keptBy, epoch, roomShort, retryAfterSeconds } = message
      return [
        code,
        proof,
        coordinatorId,
        acknowledgedSequence,
        windowCount,
        heartbeatMs,
        keptBy,
        epoch,
        roomShort,
        retryAfterSeconds,
      ]
    }
    case 'refuse':
      return [code, message.code, clipReason(message.reason), ...(message.leader ? [message.leader] : [])]
    case 'payments':
      return [code, message.firstSequence, message.records, message.isAwaited]
    case 'ack': {
      const { sequence, queuedSequence, windowCount, roomShort, retryAfterSeconds } = message
      return [code, sequence, queuedSequence, windowCount, roomShort, retryAfterSeconds]
    }
    case 'conflict':
      return [code, message.sequence, message.kind, clipReason(message.reason)]
    case 'request':
      return [code, message.id, message.kind, encodeParams(message.kind, message.params)]
    case 'reply': {
      const { id, kind, result } = message
      const value = result.ok ? encodeResult(kind, result.value) : clipReason(result.error)
      return [code, id, kind, result.ok, value]
    }
    case 'cancel':
      return [code, message.id]
    case 'heartbeat':
      return [code]
    case 'goodbye':
      return [code, clipReason(message.reason)]
  }
}

// Our own values are read back before they are sent, because the other end would close the connection over a wrong one.

function encodeParams(kind: ChannelRequestKind, params: unknown): readonly unknown[] {
  const codec = codecOf(kind)
  const values = codec.encodeParams(params)
  const fields = new Fields(values)
  assert(fields.result(codec.readParams(fields)).ok, `the params of a ${kind} request are valid`)
  return values
}

function encodeResult(kind: ChannelRequestKind, result: unknown): readonly unknown[] {
  const codec = codecOf(kind)
  const values = codec.encodeResult(result)
  const fields = new Fields(values)
  assert(fields.result(codec.readResult(fields)).ok, `the result of a ${kind} request is valid`)
  return values
}

/** A codec without its kind. Kind and values belong together by the types of the messages, which a union loses. */
interface AnyRequestCodec {
  encodeParams(params: unknown): readonly unknown[]
  readParams(fields: Fields): unknown
  encodeResult(result: unknown): readonly unknown[]
  readResult(fields: Fields): unknown
}

function codecOf(kind: ChannelRequestKind): AnyRequestCodec {
  return requestCodecs[kind] as RequestCodec<never> as AnyRequestCodec
}

type MessageName = keyof typeof messageCodes

const namesByCode: ReadonlyMap<unknown, MessageName> = new Map(
  Object.entries(messageCodes).map(([name, code]) => [code, name as MessageName]),
)

const readers: { readonly [Name in MessageName]: (fields: Fields) => Message } = {
  hello: readHello,
  challenge: fields => ({
    type: 'challenge',
    version: fields.integer('version', limits.protocolVersion, limits.protocolVersion),
    serverNonce: fields.bytes('serverNonce', limits.nonceBytes),
  }),
  proof: fields => ({
    type: 'proof',
    serverNonce: fields.bytes('serverNonce', limits.nonceBytes),
    proof: fields.bytes('proof', limits.proofBytes),
  }),
  welcome: fields => ({
    type: 'welcome',
    proof: fields.bytes('proof', limits.proofBytes),
    coordinatorId: fields.bytes('coordinatorId', limits.coordinatorIdBytes),
    acknowledgedSequence: fields.integer('acknowledgedSequence', 0, limits.sequenceMax),
    windowCount: fields.integer('windowCount', 0, limits.windowCountLimit),
    heartbeatMs: fields.integer('heartbeatMs', limits.heartbeatMsMin, limits.heartbeatMsMax),
    keptBy: fields.word('keptBy', keepers),
    epoch: fields.integer('epoch', 0, limits.epochMax),
    roomShort: fields.boolean('roomShort'),
    retryAfterSeconds: fields.integer('retryAfterSeconds', 0, limits.retryAfterSecondsMax),
  }),
  refuse: readRefuse,
  payments: readPayments,
  ack: fields => ({
    type: 'ack',
    sequence: fields.integer('sequence', 0, limits.sequenceMax),
    queuedSequence: fields.integer('queuedSequence', 0, limits.sequenceMax),
    windowCount: fields.integer('windowCount', 0, limits.windowCountLimit),
    roomShort: fields.boolean('roomShort'),
    retryAfterSeconds: fields.integer('retryAfterSeconds', 0, limits.retryAfterSecondsMax),
  }),
  conflict: fields => ({
    type: 'conflict',
    sequence: fields.integer('sequence', 1, limits.sequenceMax),
    kind: fields.word('kind', conflictKinds),
    reason: fields.reason(),
  }),
  request: readRequest,
  reply: readReply,
  cancel: fields => ({ type: 'cancel', id: fields.integer('id', 0, limits.requestIdMax) }),
  heartbeat: () => ({ type: 'heartbeat' }),
  goodbye: fields => ({ type: 'goodbye', reason: fields.reason() }),
}

function readHello(fields: Fields): Message {
  const version = fields.integer('version', 0, limits.windowCountLimit)
  if (version !== limits.protocolVersion) {
    fields.skipRest()
    return { type: 'foreignHello', version }
  }
  return {
    type: 'hello',
    version,
    nodeName: fields.matching('nodeName', limits.nodeNamePattern),
    sessionId: fields.bytes('sessionId', limits.sessionIdBytes),
    clientNonce: fields.bytes('clientNonce', limits.nonceBytes),
    acknowledgedSequence: fields.integer('acknowledgedSequence', 0, limits.sequenceMax),
    bufferCountMax: fields.integer('bufferCountMax', 0, limits.windowCountLimit),
    predecessorId: fields.bytes('predecessorId', limits.coordinatorIdBytes),
    heartbeatMs: fields.integer('heartbeatMs', limits.heartbeatMsMin, limits.heartbeatMsMax),
    shard: readShard(fields),
  }
}

function readShard(fields: Fields): Shard {
  const index = fields.integer('shard', 0, shardCountMax - 1)
  return { index, count: fields.integer('shardCount', index + 1, shardCountMax) }
}

function readRefuse(fields: Fields): Message {
  const refusal = {
    type: 'refuse',
    code: fields.word('code', refuseCodes),
    reason: fields.reason(),
  } as const
  return fields.isOver ? refusal : { ...refusal, leader: fields.matching('leader', limits.addressPattern) }
}

function readPayments(fields: Fields): Message {
  const firstSequence = fields.integer('firstSequence', 1, limits.sequenceMax - limits.paymentsPerFrameMax)
  const records = fields.bytesView('records', limits.paymentsPerFrameMax * paymentRecordBytes)
  const problem = paymentRecordsProblem(records)
  if (problem !== undefined) fields.fail(`records: ${problem}`)
  return { type: 'payments', firstSequence, records, isAwaited: fields.boolean('isAwaited') }
}

function readRequest(fields: Fields): Message {
  const id = fields.integer('id', 0, limits.requestIdMax)
  const kind = fields.word('kind', requestKinds)
  const params = fields.nested('params', fields.next(), nested => codecOf(kind).readParams(nested))
  return { type: 'request', id, kind, params } as Message
}

function readReply(fields: Fields): Message {
  const id = fields.integer('id', 0, limits.requestIdMax)
  const kind = fields.word('kind', requestKinds)
  if (!fields.boolean('ok')) return { type: 'reply', id, kind, result: err(fields.reason()) } as Message
  const value = fields.nested('result', fields.next(), nested => codecOf(kind).readResult(nested))
  return { type: 'reply', id, kind, result: ok(value) } as Message
}
