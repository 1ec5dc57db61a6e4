import { readAmountCents } from '@rinha/payment'
import { basisPoints } from '@rinha/settings'

const part = basisPoints({ help: '' })

/**
 * Takes one JSON object apart, field by field. A field that is missing or wrong becomes a problem, a line that names
 * file, field, value and what is allowed, and reading goes on with a stand-in, so that every problem of a file is told
 * at once. The result is of use only where there are no problems.
 */
export class FieldReader {
  /** Shared by the readers of all objects of one file. */
  readonly problems: string[]
  readonly #file: string
  readonly #path: string
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #read = new Set<string>()
  #isObject = true

  private constructor(file: string, path: string, json: unknown, problems: string[]) {
    this.#file = file
    this.#path = path
    this.problems = problems
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
    this.#fields = isObject ? (json as Record<string, unknown>) : {}
    if (isObject) return
    this.#tell(path === '' ? 'the whole' : path.slice(0, -1), json, 'an object')
    // Told once: the fields of what is no object are not missing each for itself.
    this.#isObject = false
  }

  static of(file: string, json: unknown): FieldReader {
    return new FieldReader(file, '', json, [])
  }

  text(name: string, lengthMax: number): string {
    return this.#field(name, `a text of 1 to ${lengthMax} characters`, '', value =>
      typeof value === 'string' && value.length > 0 && value.length <= lengthMax ? value : undefined,
    )
  }

  integer(name: string, min: number, max: number): number {
    return this.#field(name, `a whole number from ${min} to ${max}`, min, value =>
      Number.isInteger(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined,
    )
  }

  number(name: string, min: number, max: number): number {
    return this.#field(name, `a number from ${min} to ${max}`, min, value =>
      typeof value === 'number' && value >= min && value <= max ? value : undefined,
    )
  }

  /** Seconds, with at most three decimals, as milliseconds. */
  secondsAsMs(name: string, min: number, max: number): number {
    return this.#field(name, `seconds from ${min} to ${max}, at most 3 decimals`, min * 1000, value => {
      if (typeof value !== 'number' || value < min || value > max) return undefined
      const ms = Math.round(value * 1000)
      return Math.abs(value * 1000 - ms) < 1e-6 ? ms : undefined
    })
  }

  /** An amount of money, as a text or a number: its digits count, no float is multiplied. */
  amountCents(name: string): number {
    return this.#field(name, 'an amount above 0 with at most 2 decimals, such as "19.90"', 1, value => {
      const digits = decimalText(value)
      if (digits === undefined) return undefined
      const bytes = new TextEncoder().encode(digits)
      const cents = readAmountCents(bytes, 0, bytes.length)
      return typeof cents === 'number' ? cents : undefined
    })
  }

  /** A part of one, 0 to 1, with at most 4 decimals: `"0.05"` is 500. */
  basisPoints(name: string): number {
    return this.#field(name, part.allowed, 0, value => part.parse(decimalText(value) ?? ''))
  }

  word<const Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const allowed = `one of ${words.map(word => JSON.stringify(word)).join(', ')}`
    return this.#field(name, allowed, words[0], value => words.find(word => word === value))
  }

  flagOr(name: string, absent: boolean): boolean {
    if (this.#fields[name] === undefined) return absent
    return this.#field(name, 'true or false', absent, value =>
      typeof value === 'boolean' ? value : undefined,
    )
  }

  object<T>(name: string, read: (inner: FieldReader) => T): T {
    this.#read.add(name)
    return this.#inner(`${this.#path}${name}`, this.#fields[name], read)
  }

  list<T>(name: string, countMin: number, countMax: number, read: (inner: FieldReader) => T): readonly T[] {
    const list = this.#field<readonly unknown[]>(name, `a list of ${countMin} to ${countMax}`, [], value =>
      Array.isArray(value) && value.length >= countMin && value.length <= countMax ? value : undefined,
    )
    return list.map((item, index) => this.#inner(`${this.#path}${name}[${index}]`, item, read))
  }

  /** Called after the last field: fields that were not read are unknown. */
  end(): void {
    for (const name of Object.keys(this.#fields)) {
      if (this.#read.has(name)) continue
      this.problem(name, this.#fields[name], `nothing: the fields here are ${[...this.#read].join(', ')}`)
    }
  }

  /** Adds a problem of a field of this object. */
  problem(name: string, value: unknown, allowed: string): void {
    this.#tell(`${this.#path}${name}`, value, allowed)
  }

  #field<T>(name: string, allowed: string, standIn: T, parse: (value: unknown) => T | undefined): T {
    this.#read.add(name)
    const value = this.#fields[name]
    const parsed = value === undefined ? undefined : parse(value)
    if (parsed === undefined && this.#isObject) this.problem(name, value, allowed)
    return parsed ?? standIn
  }

  #inner<T>(path: string, json: unknown, read: (inner: FieldReader) => T): T {
    const inner = new FieldReader(this.#file, `${path}.`, json, this.#isObject ? this.problems : [])
    const value = read(inner)
    inner.end()
    return value
  }

  #tell(field: string, value: unknown, allowed: string): void {
    const shown = value === undefined ? 'is missing' : `= ${shorten(JSON.stringify(value))} is not allowed`
    this.problems.push(`${this.#file}: ${field} ${shown}; allowed: ${allowed}`)
  }
}

/** The digits of a decimal that JSON carries as a text or a number; the shortest text of a double is what was typed. */
function decimalText(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^\d{1,15}(\.\d{1,15})?$/.test(text) ? text : undefined
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}
