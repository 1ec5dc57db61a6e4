import { addressPattern } from '@rinha/channel'

/** What a leader tells again and again: that it lives, and how far its log has come. */
export interface Beat {
  readonly epoch: number
  /** Where API nodes reach it. */
  readonly address: string
  /** The number of its last record. */
  readonly sequence: number
  /** It leads no more: whoever hears it may claim at once. */
  readonly isLast: boolean
}

export function printBeat(beat: Beat): string {
  return JSON.stringify(beat)
}

/** `undefined`: these words are no beat. */
export function readBeat(words: string): Beat | undefined {
  try {
    const { epoch, address, sequence, isLast } = JSON.parse(words) as Partial<Beat>
    if (!isCount(epoch) || !isCount(sequence) || !isAddress(address) || typeof isLast !== 'boolean')
      return undefined
    return { epoch, address, sequence, isLast }
  } catch {
    return undefined
  }
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && addressPattern.test(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
