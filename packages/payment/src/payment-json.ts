import { assert } from '@rinha/base'
import { type AmountProblem, amountCentsMax, printCents, readAmountCents } from './cents.ts'
import {
  correlationIdBytes,
  correlationIdLength,
  parseCorrelationId,
  readCorrelationId,
} from './correlation-id.ts'

/**
 * Reads the body of `POST /payments`: JSON as RFC 8259 has it, with a stricter contract:
 *
 *   1. the top level is an object with `correlationId` (a string that is a UUID) and `amount` (a number);
 *   2. either of the two given twice is an error, since readers disagree which one counts;
 *   3. values nest at most `depthMax` deep.
 *
 * Unknown fields are ignored, whatever they hold, as long as they are JSON.
 *
 * Nearly every client writes the two fields and nothing else, as `JSON.stringify` prints them. Such a body is read straight
 * from its bytes, without an allocation. `JSON.parse` judges every other one; but it does not tell whether a field came
 * twice, nor the digits of the amount as they were written (a double has lost whether it was 1.005 or
 * 1.00499999999999989). So the text that it took is looked through once more for the two fields.
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
  return readUsual(body, target) ? undefined : readAny(body, target)
}

const ascii = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))
const usualStart = ascii('{"correlationId":"')
const usualMiddle = ascii('","amount":')
const idEnd = usualStart.length + correlationIdLength
const amountStart = idEnd + usualMiddle.length
const closeBrace = 0x7d
const point = 0x2e
const zero = 0x30
const nine = 0x39

/** Whether a body is a good one in the usual form; it may be a good one in another. */
function readUsual(body: Uint8Array, target: PaymentTarget): boolean {
  const end = body.length - 1
  if (body[end] !== closeBrace || !isAt(body, 0, usualStart) || !isAt(body, idEnd, usualMiddle)) return false
  if (!readCorrelationId(body, usualStart.length, idEnd, target.correlationId)) return false
  if (!isPlainDecimal(body, amountStart, end)) return false
  const cents = readAmountCents(body, amountStart, end)
  if (typeof cents !== 'number') return false
  target.amountCents = cents
  return true
}

function isAt(body: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index += 1) if (body[at + index] !== text[index]) return false
  return true
}

/** Digits without a leading zero, and optionally a point and digits after it. */
function isPlainDecimal(body: Uint8Array, start: number, end: number): boolean {
  let wholeEnd = end
  for (let at = start; at < end; at += 1) {
    const byte = body[at] ?? 0
    if (byte === point && wholeEnd === end) wholeEnd = at
    else if (byte < zero || byte > nine) return false
  }
  const wholeDigits = wholeEnd - start
  return (wholeDigits === 1 || (wholeDigits > 1 && body[start] !== zero)) && wholeEnd !== end - 1
}

function readAny(body: Uint8Array, target: PaymentTarget): PaymentProblem | undefined {
  const text = decoder.decode(body)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return text.trim() === '' ? empty : malformed
  }
  const { isTooDeep, correlationId, amount, repeated } = findFields(text)
  if (isTooDeep) return tooDeep
  if (!isUtf8(body)) return notUtf8
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return notAnObject
  return repeated ?? readId(correlationId, target) ?? readAmount(amount, target)
}

function readId(value: string | undefined, target: PaymentTarget): PaymentProblem | undefined {
  if (value === undefined) return idMissing
  const id = value.startsWith('"') ? parseCorrelationId(JSON.parse(value)) : undefined
  if (id === undefined) return idWrong
  target.correlationId.set(id)
  return undefined
}

function readAmount(value: string | undefined, target: PaymentTarget): PaymentProblem | undefined {
  if (value === undefined) return amountMissing
  if (!/^[-\d]/.test(value)) return amountNotNumber
  const cents = readAmountCents(ascii(value), 0, value.length)
  if (typeof cents !== 'number') return amountProblems[cents]
  target.amountCents = cents
  return undefined
}

interface Fields {
  isTooDeep: boolean
  /** The values of the two fields of the object at the top, as they were written. */
  correlationId?: string
  amount?: string
  repeated?: PaymentProblem
}

/** Finds the two fields in a text that is known to be JSON. */
function findFields(text: string): Fields {
  const fields: Fields = { isTooDeep: false }
  let depth = 0
  let name: unknown
  /** The name or the value that is being read. */
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (depth === 1 && (character === ',' || character === '}')) note(fields, name, text.slice(start, at))
    if (character === '"') at = stringEnd(text, at)
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    else if (depth === 1 && character === ':') name = JSON.parse(text.slice(start, at))
    if (depth > depthMax) return { isTooDeep: true }
    if (depth === 1 && (character === ',' || character === ':' || character === '{')) start = at + 1
  }
  return fields
}

function note(fields: Fields, name: unknown, value: string): void {
  if (name !== 'correlationId' && name !== 'amount') return
  if (fields[name] !== undefined) fields.repeated ??= name === 'amount' ? amountTwice : idTwice
  fields[name] = value.trim()
}

/** Where the string ends that begins there: at its last quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { fatal: true })

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictDecoder.decode(bytes)
    return true
  } catch {
    return false
  }
}
