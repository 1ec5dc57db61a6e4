/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds every burst of up to 32 damaged bits, and any other damage but for
 * one in four thousand million. Four bytes a step with four tables (slicing, Kounavis and Berry 2005).
 *
 * `seed` is the result over what comes before: crc32c(b, crc32c(a)) is the one of a followed by b.
 */
export function crc32c(bytes: Uint8Array, seed = 0, start = 0, end = bytes.length): number {
  let crc = ~seed
  let at = start
  for (const last = end - 3; at < last; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    crc =
      (tables[768 + (crc & 255)] as number) ^
      (tables[512 + ((crc >>> 8) & 255)] as number) ^
      (tables[256 + ((crc >>> 16) & 255)] as number) ^
      (tables[crc >>> 24] as number)
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ (tables[(crc ^ (bytes[at] as number)) & 255] as number)
  return ~crc >>> 0
}

/** 0x1edc6f41 with its bits reversed, as the lowest bit goes first. */
const polynomial = 0x82f63b78
const tables = makeTables()

function makeTables(): Int32Array {
  const made = new Int32Array(1024)
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    made[byte] = crc
  }
  for (let index = 256; index < 1024; index += 1) {
    const before = made[index - 256] as number
    made[index] = (before >>> 8) ^ (made[before & 255] as number)
  }
  return made
}
