import { reasonCountMax } from '@rinha/payment'

/** Stands for every reason that came when the table was full. */
export const otherReason = 'another reason (the table of reasons is full)'

/**
 * Reasons of rejection, each kept once and named by a small number. Processors give few different ones, but nothing
 * forces them to: past {@link reasonCountMax} a new one is told as {@link otherReason}, so memory stays bounded
 * whatever a processor writes.
 */
export class ReasonTable {
  #reasons: string[] = [otherReason]
  #codes = new Map<string, number>()

  /** The reasons, by their codes. */
  get reasons(): readonly string[] {
    return this.#reasons
  }

  codeOf(reason: string): number {
    const known = this.#codes.get(reason)
    if (known !== undefined) return known
    if (this.#reasons.length > reasonCountMax) return 0
    const code = this.#reasons.push(reason) - 1
    this.#codes.set(reason, code)
    return code
  }

  reasonOf(code: number): string {
    return this.#reasons[code] ?? otherReason
  }

  clear(): void {
    this.#reasons = [otherReason]
    this.#codes = new Map()
  }
}
