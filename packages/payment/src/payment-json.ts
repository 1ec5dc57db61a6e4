import { assert } from '@rinha/base'
import { type AmountProblem, amountCentsMax, printCents, readAmountCents } from './cents.ts'
import { correlationIdBytes, readCorrelationId } from './correlation-id.ts'

/**
 * Reads the body of `POST /payments` straight from its bytes.
 *
 * Trades generality for two things `JSON.parse` cannot give: the digits of the amount as they were written (a double
 * has already lost whether it was 1.005 or 1.00499999999999989) and no allocation for a good body without escapes. It
 * takes exactly the JSON of RFC 8259, so whatever it refuses `JSON.parse` refuses too, except where this contract is
 * stricter:
 *
 *   1. the top level is an object with `correlationId` (a string that is a UUID) and `amount` (a number);
 *   2. either of the two given twice is an error, since readers disagree which one counts;
 *   3. values nest at most `depthMax` deep.
 *
 * Unknown fields are ignored, whatever they hold, as long as they are JSON.
 */
export interface PaymentTarget {
  /** 16 bytes, written in place. */
  readonly correlationId: Uint8Array
  amountCents: number
}

export interface PaymentProblem {
  readonly field: 'body' | 'correlationId' | 'amount'
  readonly detail: string
}

/** Nesting of an ignored field. The body's own limit (4 KiB) would allow two thousand. */
const depthMax = 64

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
const colon = 0x3a
const minus = 0x2d
const plus = 0x2b
const point = 0x2e
const zero = 0x30
const nine = 0x39
const upperE = 0x45
const lowerE = 0x65

const ascii = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))
const correlationIdKey = ascii('correlationId')
const amountKey = ascii('amount')
const trueWord = ascii('true')
const falseWord = ascii('false')
const nullWord = ascii('null')

const problem = (field: PaymentProblem['field'], detail: string): PaymentProblem => ({ field, detail })
const empty = problem('body', 'The body is empty; a JSON object with correlationId and amount is expected.')
const malformed = problem('body', 'The body is not well-formed JSON.')
const notAnObject = problem('body', 'The body is not a JSON object.')
const tooDeep = problem('body', `The body nests deeper than ${depthMax} levels.`)
const notUtf8 = problem('body', 'The body is not valid UTF-8.')
const idMissing = problem('correlationId', 'correlationId is missing.')
const idTwice = problem('correlationId', 'correlationId is given twice.')
const idWrong = problem('correlationId', 'correlationId is not a UUID in the form 8-4-4-4-12.')
const amountMissing = problem('amount', 'amount is missing.')
const amountTwice = problem('amount', 'amount is given twice.')
const amountNotNumber = problem('amount', 'amount is not a JSON number.')
const amountProblems: Readonly<Record<AmountProblem, PaymentProblem>> = {
  'not-positive': problem('amount', 'amount is not greater than zero.'),
  'too-many-decimals': problem('amount', 'amount has more than 2 decimals.'),
  'too-large': problem('amount', `amount is greater than ${printCents(amountCentsMax)}.`),
}

/**
 * Fills `target` from a body and answers `undefined`, or says what is wrong with it; `target` is then not to be read.
 * One problem is told: the form of the whole body comes first, then a field given twice, correlationId, amount.
 */
export function readPaymentJson(body: Uint8Array, target: PaymentTarget): PaymentProblem | undefined {
  assert(target.correlationId.length === correlationIdBytes, 'the target holds 16 bytes')
  return reader.read(body, target)
}

const noValue = -1
const noBody = new Uint8Array(0)

/** Scans once, left to right, and notes where the two known fields stand. Reused: it holds one body at a time. */
class PaymentReader {
  #body: Uint8Array = noBody
  #at = 0
  #depth = 0
  #tooDeep = false
  #sawNonAscii = false
  /** Whether the string scanned last holds a backslash. */
  #sawEscape = false
  #idStart = noValue
  #idEnd = noValue
  #idEscaped = false
  #amountStart = noValue
  #amountEnd = noValue
  #repeated: PaymentProblem | undefined

  read(body: Uint8Array, target: PaymentTarget): PaymentProblem | undefined {
    this.#reset(body)
    const problem = this.#read(target)
    this.#reset(noBody)
    return problem
  }

  #reset(body: Uint8Array): void {
    this.#body = body
    this.#at = 0
    this.#depth = 0
    this.#tooDeep = false
    this.#sawNonAscii = false
    this.#idStart = noValue
    this.#amountStart = noValue
    this.#repeated = undefined
  }

  #read(target: PaymentTarget): PaymentProblem | undefined {
    this.#skipSpace()
    if (this.#at >= this.#body.length) return empty
    const isObject = this.#peek() === openBrace
    const wellFormed = this.#value() && this.#atEnd()
    if (!wellFormed) return this.#tooDeep ? tooDeep : malformed
    if (this.#sawNonAscii && !isUtf8(this.#body)) return notUtf8
    if (!isObject) return notAnObject
    return this.#repeated ?? this.#readId(target) ?? this.#readAmount(target)
  }

  #readId(target: PaymentTarget): PaymentProblem | undefined {
    if (this.#idStart === noValue) return idMissing
    if (this.#body[this.#idStart] !== quote) return idWrong
    const text = this.#idEscaped ? this.#unescaped(this.#idStart, this.#idEnd) : this.#body
    const start = this.#idEscaped ? 0 : this.#idStart + 1
    const end = this.#idEscaped ? text.length : this.#idEnd - 1
    return readCorrelationId(text, start, end, target.correlationId) ? undefined : idWrong
  }

  #readAmount(target: PaymentTarget): PaymentProblem | undefined {
    if (this.#amountStart === noValue) return amountMissing
    if (!startsNumber(this.#body[this.#amountStart])) return amountNotNumber
    const cents = readAmountCents(this.#body, this.#amountStart, this.#amountEnd)
    if (typeof cents !== 'number') return amountProblems[cents]
    target.amountCents = cents
    return undefined
  }

  /** Notes where a field of the object at the top stands, if it is one of the two. */
  #note(keyStart: number, keyEnd: number, keyEscaped: boolean, valueStart: number): void {
    if (this.#keyIs(correlationIdKey, keyStart, keyEnd, keyEscaped)) {
      if (this.#idStart !== noValue) this.#repeated ??= idTwice
      this.#idStart = valueStart
      this.#idEnd = this.#at
      this.#idEscaped = this.#sawEscape
    } else if (this.#keyIs(amountKey, keyStart, keyEnd, keyEscaped)) {
      if (this.#amountStart !== noValue) this.#repeated ??= amountTwice
      this.#amountStart = valueStart
      this.#amountEnd = this.#at
    }
  }

  #keyIs(key: Uint8Array, start: number, end: number, escaped: boolean): boolean {
    const text = escaped ? this.#unescaped(start, end) : this.#body
    const from = escaped ? 0 : start + 1
    if ((escaped ? text.length : end - start - 2) !== key.length) return false
    for (let index = 0; index < key.length; index += 1) if (text[from + index] !== key[index]) return false
    return true
  }

  /** The content of a scanned string that holds escapes, one byte a character, 0 for what is not ASCII. */
  #unescaped(start: number, end: number): Uint8Array {
    const text: string = JSON.parse(new TextDecoder().decode(this.#body.subarray(start, end)))
    return Uint8Array.from(text, character => (character.charCodeAt(0) < 128 ? character.charCodeAt(0) : 0))
  }

  #value(): boolean {
    const byte = this.#peek()
    if (byte === quote) return this.#string()
    if (byte === openBrace) return this.#object()
    if (byte === openBracket) return this.#array()
    if (startsNumber(byte)) return this.#number()
    return this.#word(trueWord) || this.#word(falseWord) || this.#word(nullWord)
  }

  #object(): boolean {
    if (!this.#enter()) return false
    if (this.#skipIf(closeBrace)) return this.#leave()
    for (;;) {
      const keyStart = this.#at
      if (this.#peek() !== quote || !this.#string()) return false
      const keyEnd = this.#at
      const keyEscaped = this.#sawEscape
      this.#skipSpace()
      if (!this.#skipIf(colon)) return false
      const valueStart = this.#at
      if (!this.#value()) return false
      if (this.#depth === 1) this.#note(keyStart, keyEnd, keyEscaped, valueStart)
      this.#skipSpace()
      if (this.#skipIf(closeBrace)) return this.#leave()
      if (!this.#skipIf(comma)) return false
    }
  }

  #array(): boolean {
    if (!this.#enter()) return false
    if (this.#skipIf(closeBracket)) return this.#leave()
    for (;;) {
      if (!this.#value()) return false
      this.#skipSpace()
      if (this.#skipIf(closeBracket)) return this.#leave()
      if (!this.#skipIf(comma)) return false
    }
  }

  #enter(): boolean {
    this.#depth += 1
    this.#at += 1
    this.#skipSpace()
    this.#tooDeep ||= this.#depth > depthMax
    return !this.#tooDeep
  }

  #leave(): boolean {
    this.#depth -= 1
    return true
  }

  #string(): boolean {
    this.#sawEscape = false
    this.#at += 1
    for (; this.#at < this.#body.length; this.#at += 1) {
      const byte = this.#peek()
      if (byte === quote) {
        this.#at += 1
        return true
      }
      if (byte < 0x20) return false
      if (byte >= 0x80) this.#sawNonAscii = true
      if (byte === backslash) {
        this.#sawEscape = true
        if (!this.#escape()) return false
      }
    }
    return false
  }

  /** An escape whose backslash is at hand; ends on its last byte. */
  #escape(): boolean {
    this.#at += 1
    const kind = String.fromCharCode(this.#peek())
    if ('"\\/bfnrt'.includes(kind)) return true
    if (kind !== 'u') return false
    for (let digit = 0; digit < 4; digit += 1) {
      this.#at += 1
      if (!/[0-9a-fA-F]/.test(String.fromCharCode(this.#peek()))) return false
    }
    return true
  }

  #number(): boolean {
    this.#skipIfByte(minus)
    if (this.#peek() === zero) this.#at += 1
    else if (!this.#digits()) return false
    if (this.#skipIfByte(point) && !this.#digits()) return false
    if (this.#skipIfByte(lowerE) || this.#skipIfByte(upperE)) {
      if (!this.#skipIfByte(plus)) this.#skipIfByte(minus)
      return this.#digits()
    }
    return true
  }

  #digits(): boolean {
    const start = this.#at
    while (isDigit(this.#peek())) this.#at += 1
    return this.#at > start
  }

  #word(word: Uint8Array): boolean {
    for (let index = 0; index < word.length; index += 1) {
      if (this.#body[this.#at + index] !== word[index]) return false
    }
    this.#at += word.length
    return true
  }

  #atEnd(): boolean {
    this.#skipSpace()
    return this.#at === this.#body.length
  }

  /** The byte at hand, 0 past the end: no place of the grammar takes a 0. */
  #peek(): number {
    return this.#body[this.#at] ?? 0
  }

  #skipIfByte(byte: number): boolean {
    if (this.#peek() !== byte) return false
    this.#at += 1
    return true
  }

  /** Like {@link #skipIfByte}, and the space behind it. */
  #skipIf(byte: number): boolean {
    const skipped = this.#skipIfByte(byte)
    if (skipped) this.#skipSpace()
    return skipped
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#peek()
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at += 1
    }
  }
}

const reader = new PaymentReader()

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine
}

function startsNumber(byte: number | undefined): boolean {
  return byte !== undefined && (isDigit(byte) || byte === minus)
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true })

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictDecoder.decode(bytes)
    return true
  } catch {
    return false
  }
}
