import { assert } from '@rinha/base'
import { correlationIdBytes } from '@rinha/payment'
import type { ArchivedPayment } from './archive.ts'

/**
 * A payment as bytes. The store has two entries for one that settled, and one for one that was discarded:
 *
 *   'i' id               → 0x01 requestedAt(6)                            settled
 *   'i' id               → 0x02 acceptedAt(6) amount(4) reason(UTF-8)     discarded
 *   't' requestedAt(6) id → acceptedAt(6) amount(4) processor(1)          settled
 *
 * For each group of payments that was added together, there is one more entry until their ids are durable in the filter (known-ids.ts):
 *
 *   'p' number(6)         → the ids, one after the other
 *
 * Numbers are big endian, so the entries with 't' lie in the order of time. Instants are milliseconds, amounts cents. The
 * processor is a number of the store's own (its list of names is in the store).
 */
const idTag = 0x69
const timeTag = 0x74
const pendingTag = 0x70
const isSettled = 1
const isDiscarded = 2
const instantBytes = 6
const payloadBytes = 10

export const idKeyBytes = 1 + correlationIdBytes

/** Writes the key of the payment whose id stands at `offset`. */
export function writeIdKey(key: Uint8Array, ids: Uint8Array, offset: number): void {
  key[0] = idTag
  for (let index = 0; index < correlationIdBytes; index += 1) key[1 + index] = ids[offset + index] ?? 0
}

export function idKey(id: Uint8Array): Uint8Array {
  const key = new Uint8Array(idKeyBytes)
  writeIdKey(key, id, 0)
  return key
}

/** Every key with an id lies in this span. */
export const idSpan = { gte: Uint8Array.of(idTag), lt: Uint8Array.of(idTag + 1) }
export const pendingSpan = { gte: Uint8Array.of(pendingTag), lt: Uint8Array.of(pendingTag + 1) }

export function pendingKey(number: number): Uint8Array {
  const key = new Uint8Array(1 + instantBytes)
  key[0] = pendingTag
  writeNumber(key, 1, instantBytes, number)
  return key
}

/** The key before which all entries of earlier instants lie, for any instant. */
export function spanKey(atMs: number): Uint8Array {
  return timeKey(Math.min(Math.max(atMs, 0), 2 ** (8 * instantBytes) - 1))
}

export function timeKey(requestedAtMs: number, id: ArrayLike<number> = []): Uint8Array {
  const key = new Uint8Array(1 + instantBytes + id.length)
  key[0] = timeTag
  writeNumber(key, 1, instantBytes, requestedAtMs)
  key.set(id, 1 + instantBytes)
  return key
}

export function idValue(payment: ArchivedPayment): Uint8Array {
  if (payment.state === 'settled') {
    const value = new Uint8Array(1 + instantBytes)
    value[0] = isSettled
    writeNumber(value, 1, instantBytes, payment.requestedAtMs)
    return value
  }
  const reason = new TextEncoder().encode(payment.reason)
  const value = new Uint8Array(1 + payloadBytes + reason.length)
  value[0] = isDiscarded
  writePayload(value, 1, payment)
  value.set(reason, 1 + payloadBytes)
  return value
}

export function timeValue(payment: ArchivedPayment, storedProcessor: number): Uint8Array {
  const value = new Uint8Array(payloadBytes + 1)
  writePayload(value, 0, payment)
  value[payloadBytes] = storedProcessor
  return value
}

/** The requestedAt under which the entry by time stands; undefined where the payment was discarded. */
export function readRequestedAtMs(value: Uint8Array): number | undefined {
  if (value[0] === isDiscarded) return undefined
  assert(value[0] === isSettled && value.length === 1 + instantBytes, 'an archived payment is readable')
  return readNumber(value, 1, instantBytes)
}

export function readDiscarded(id: Uint8Array, value: Uint8Array): ArchivedPayment {
  assert(value.length >= 1 + payloadBytes, 'an archived payment is readable')
  return {
    correlationId: id,
    ...readPayload(value, 1),
    state: 'discarded',
    processor: -1,
    requestedAtMs: 0,
    reason: new TextDecoder().decode(value.subarray(1 + payloadBytes)),
  }
}

/** The payment of an entry by time. `processors` has the index of a processor by the store's number for it. */
export function readSettled(
  key: Uint8Array,
  value: Uint8Array,
  processors: readonly number[],
): ArchivedPayment {
  const idAt = 1 + instantBytes
  const processor = processors[value[payloadBytes] ?? -1]
  assert(
    key.length === idAt + correlationIdBytes && processor !== undefined,
    'an archived payment is readable',
  )
  return {
    correlationId: new Uint8Array(key.subarray(idAt)),
    ...readPayload(value, 0),
    state: 'settled',
    processor,
    requestedAtMs: readNumber(key, 1, instantBytes),
    reason: '',
  }
}

function writePayload(bytes: Uint8Array, at: number, payment: ArchivedPayment): void {
  writeNumber(bytes, at, instantBytes, payment.acceptedAtMs)
  writeNumber(bytes, at + instantBytes, payloadBytes - instantBytes, payment.amountCents)
}

function readPayload(bytes: Uint8Array, at: number) {
  return {
    amountCents: readNumber(bytes, at + instantBytes, payloadBytes - instantBytes),
    acceptedAtMs: readNumber(bytes, at, instantBytes),
  }
}

function writeNumber(bytes: Uint8Array, at: number, count: number, value: number): void {
  let rest = value
  for (let index = count - 1; index >= 0; index -= 1) {
    bytes[at + index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  assert(rest === 0, 'a number fits into its bytes')
}

function readNumber(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let index = 0; index < count; index += 1) value = value * 256 + (bytes[at + index] ?? 0)
  return value
}
