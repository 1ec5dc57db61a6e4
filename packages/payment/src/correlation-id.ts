/**
 * A correlationId is a UUID: 36 characters at the borders (`8-4-4-4-12` hexadecimal digits, in any case), 16 bytes
 * inside. Every version is taken, the nil UUID too: the processors do not look at the version bits either.
 */
export const correlationIdBytes = 16

/** Characters of its text. */
export const correlationIdLength = 36
const hyphen = 0x2d

/** The value of an ASCII code as a hexadecimal digit, or 255. */
const hexValues = new Uint8Array(256).fill(255)
for (let digit = 0; digit < 16; digit += 1) {
  const text = digit.toString(16)
  hexValues[text.charCodeAt(0)] = digit
  hexValues[text.toUpperCase().charCodeAt(0)] = digit
}

/**
 * Reads the 36 ASCII bytes of `text` from `start` to `end` into 16 bytes of `into` at `offset`. False, with `into` in
 * an unspecified state, where they are no UUID. Allocates nothing: this runs for every payment.
 */
export function readCorrelationId(
  text: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  offset = 0,
): boolean {
  if (end - start !== correlationIdLength) return false
  let at = start
  for (let index = 0; index < correlationIdBytes; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) {
      if (text[at] !== hyphen) return false
      at += 1
    }
    const high = hexValues[text[at] ?? 0] ?? 255
    const low = hexValues[text[at + 1] ?? 0] ?? 255
    if (high === 255 || low === 255) return false
    into[offset + index] = (high << 4) | low
    at += 2
  }
  return true
}

/** The 16 bytes of a UUID's text, or `undefined` if the text is no UUID. */
export function parseCorrelationId(text: string): Uint8Array | undefined {
  if (text.length !== correlationIdLength) return undefined
  const ascii = new Uint8Array(correlationIdLength)
  for (let index = 0; index < correlationIdLength; index += 1) {
    const code = text.charCodeAt(index)
    ascii[index] = code < 128 ? code : 0
  }
  const id = new Uint8Array(correlationIdBytes)
  return readCorrelationId(ascii, 0, correlationIdLength, id) ? id : undefined
}

/** The codes of the two digits of each byte. */
const digitCodes = Uint8Array.from({ length: 512 }, (_, at) =>
  (((at >> 1) >> (at & 1 ? 0 : 4)) & 15).toString(16).charCodeAt(0),
)
/** Codes of a text, written anew for each. */
const codes = new Array<number>(correlationIdLength).fill(hyphen)

/** The canonical text, in lower case, of the 16 bytes at `offset`. Made in one piece: joined from pairs of digits it takes ten times the memory. */
export function printCorrelationId(id: Uint8Array, offset = 0): string {
  let at = 0
  for (let index = 0; index < correlationIdBytes; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) at += 1
    const byte = id[offset + index] ?? 0
    codes[at] = digitCodes[2 * byte] ?? 0
    codes[at + 1] = digitCodes[2 * byte + 1] ?? 0
    at += 2
  }
  return String.fromCharCode(...codes)
}
