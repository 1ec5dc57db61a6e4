import { err, ok, type Result } from '@rinha/base'
import { reasonCharsMax } from './limits.ts'

/**
 * Reads the values of one decoded array in order, and checks each. After the first wrong value it returns stand-ins, so
 * that a reader of a message is a single expression. {@link result} says whether a value was wrong.
 */
export class Fields {
  readonly #values: readonly unknown[]
  #at = 0
  #problem: string | undefined

  constructor(values: unknown) {
    this.#values = Array.isArray(values) ? values : []
    if (!Array.isArray(values)) this.fail('not a list')
  }

  /** The value that was read, if every field was right and none is left over. */
  result<T>(value: T): Result<T, string> {
    if (this.#at < this.#values.length) this.fail(`${this.#values.length - this.#at} fields too many`)
    return this.#problem === undefined ? ok(value) : err(this.#problem)
  }

  fail(problem: string): void {
    this.#problem ??= problem
  }

  next(): unknown {
    this.#at += 1
    return this.#values[this.#at - 1]
  }

  /** Nothing is left. */
  get isOver(): boolean {
    return this.#at >= this.#values.length
  }

  /** Whatever follows is not ours to judge. */
  skipRest(): void {
    this.#at = this.#values.length
  }

  integer(name: string, min: number, max: number): number {
    const value = this.next()
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value
    this.fail(`${name} is not an integer from ${min} to ${max}`)
    return min
  }

  integerOrNull(name: string, min: number, max: number): number | null {
    if (this.#values[this.#at] !== null) return this.integer(name, min, max)
    this.#at += 1
    return null
  }

  boolean(name: string): boolean {
    const value = this.next()
    if (typeof value !== 'boolean') this.fail(`${name} is not a boolean`)
    return value === true
  }

  text(name: string, charsMin: number, charsMax: number): string {
    const value = this.next()
    if (typeof value === 'string' && value.length >= charsMin && value.length <= charsMax) return value
    this.fail(`${name} is not a text of ${charsMin} to ${charsMax} characters`)
    return ''
  }

  reason(): string {
    return this.text('reason', 0, reasonCharsMax)
  }

  matching(name: string, pattern: RegExp): string {
    const value = this.next()
    if (typeof value === 'string' && pattern.test(value)) return value
    this.fail(`${name} does not match ${pattern.source}`)
    return ''
  }

  word<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.next()
    const found = words.find(word => word === value)
    if (found === undefined) this.fail(`${name} is not one of ${words.join(', ')}`)
    return found ?? words[0]
  }

  /** Exactly so many bytes, copied: they may be kept when the frame is gone. */
  bytes(name: string, length: number): Uint8Array {
    const value = this.next()
    if (value instanceof Uint8Array && value.length === length) return new Uint8Array(value)
    this.fail(`${name} is not ${length} bytes`)
    return new Uint8Array(length)
  }

  /** A byte string of at most that length. It is not copied, so it is valid only as long as the frame. */
  bytesView(name: string, lengthMax: number): Uint8Array {
    const value = this.next()
    if (value instanceof Uint8Array && value.length <= lengthMax) return value
    this.fail(`${name} is not at most ${lengthMax} bytes`)
    return new Uint8Array(0)
  }

  /** A list within the message, each element read by `read`. */
  list<T>(name: string, countMax: number, read: (fields: Fields) => T): readonly T[] {
    const value = this.next()
    if (!Array.isArray(value) || value.length > countMax) {
      this.fail(`${name} is not a list of at most ${countMax}`)
      return []
    }
    return value.map(element => this.nested(name, element, read))
  }

  /** The fields of an array within the message. */
  nested<T>(name: string, value: unknown, read: (fields: Fields) => T): T {
    const fields = new Fields(value)
    const element = read(fields)
    const result = fields.result(element)
    if (!result.ok) this.fail(`${name}: ${result.error}`)
    return element
  }
}
