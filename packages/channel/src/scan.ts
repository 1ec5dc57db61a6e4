import { nestingMax, valueCountMax } from './limits.ts'

/**
 * Checks the shape of a msgpack payload before a general decoder sees it. A general decoder builds maps, dates, regular
 * expressions, errors and record classes, and recurses as deep as the sender likes. This protocol needs none of these. So
 * the scan accepts only one array of nil, booleans, integers, doubles, strings, byte strings and arrays of those. The
 * array must lie within {@link nestingMax} and {@link valueCountMax}, and no byte may follow it. The scan allocates
 * nothing whose size the sender chooses.
 */
export function scanPayload(payload: Uint8Array): string | undefined {
  /** Values that each open array still needs, innermost last. */
  const owed: number[] = []
  let valueCount = 0
  let at = 0
  do {
    const token = payload[at]
    if (token === undefined) return 'the payload ends within a value'
    at += 1
    const arrayCount = arrayCountOf(payload, at, token)
    if (valueCount === 0 && arrayCount === undefined) return 'the payload is not an array'
    valueCount += 1
    if (owed.length > 0) owed[owed.length - 1] = (owed.at(-1) ?? 0) - 1
    if (arrayCount !== undefined) {
      if (token === array16) at += 2
      if (owed.length === nestingMax) return `arrays nest deeper than ${nestingMax}`
      if (valueCount + arrayCount > valueCountMax) return `more than ${valueCountMax} values`
      owed.push(arrayCount)
    } else {
      const bodyBytes = bodyBytesOf(payload, at, token)
      if (bodyBytes === undefined) return `type 0x${token.toString(16)} is not used by this protocol`
      at += bodyBytes
    }
    if (at > payload.length) return 'the payload ends within a value'
    while (owed.at(-1) === 0) owed.pop()
  } while (owed.length > 0)
  return at === payload.length ? undefined : 'bytes follow the message'
}

const array16 = 0xdc

function arrayCountOf(payload: Uint8Array, at: number, token: number): number | undefined {
  if (token >= 0x90 && token <= 0x9f) return token & 0x0f
  return token === array16 ? lengthAt(payload, at, 2) : undefined
}

/** The number of bytes after the token of a value that is no array, or `undefined` for a type that is not used here. */
function bodyBytesOf(payload: Uint8Array, at: number, token: number): number | undefined {
  if (token <= 0x7f || token >= 0xe0) return 0
  if (token >= 0xa0 && token <= 0xbf) return token & 0x1f
  const lengthBytes = lengthBytesByToken.get(token)
  if (lengthBytes !== undefined) return lengthBytes + lengthAt(payload, at, lengthBytes)
  return bodyBytesByToken.get(token)
}

function lengthAt(payload: Uint8Array, at: number, lengthBytes: number): number {
  let length = 0
  for (let byte = at; byte < at + lengthBytes; byte += 1) length = length * 256 + (payload[byte] ?? 0)
  return length
}

/** nil, false, true; float 64; uint 8 to 64; int 8 to 64. */
const bodyBytesByToken = new Map([
  ...([0xc0, 0xc2, 0xc3] as const).map(token => [token, 0] as const),
  [0xcb, 8],
  ...[1, 2, 4, 8].flatMap((bytes, index) => [[0xcc + index, bytes] as const, [0xd0 + index, bytes] as const]),
])

/** bin 8 to 32; str 8 to 32. */
const lengthBytesByToken = new Map([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
])
