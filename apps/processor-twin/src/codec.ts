import { parseCorrelationId, printCorrelationId } from '@rinha/payment'
import {
  type BodyRefusal,
  centsHalfEven,
  type HealthAnswer,
  type LookUpAnswer,
  type PaymentRequest,
  type PaymentStatus,
} from '@rinha/processor-model'
import {
  type Answer,
  badRequest,
  internalServerError,
  json,
  message,
  notFound,
  tooManyRequests,
  unsupportedMediaType,
} from './answer.ts'
import { printCentsJson } from './decimal.ts'
import { printTimestamp, yearOneMs } from './timestamp.ts'
import { decimal, isJsonContentType, readFields, timestamp, uuid } from './wire-json.ts'

export const paymentReaders = { correlationid: uuid, amount: decimal, requestedat: timestamp }
const nil: Uint8Array = new Uint8Array(16)
const paymentDefaults = { correlationid: nil, amount: 0, requestedat: yearOneMs }

// Forms of a UUID in a path, as .NET reads them: 32 digits, with hyphens, and those in braces or brackets.
const uuidInPath = /^[{(]?([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})[)}]?$|^([\da-f]{32})$/i

/** Reads the requests of a payment, a look-up and health, and writes the model's answers to them. */
export class PaymentCodec {
  readonly #tooMany: Answer

  constructor(healthWindowMs: number) {
    this.#tooMany = tooManyRequests(healthWindowMs)
  }

  /** The body of `POST /payments`, or the reason why it is refused. */
  decodePayment(contentType: string, body: Uint8Array): PaymentRequest | BodyRefusal {
    const refusal = bodyRefusal(contentType, body)
    if (refusal !== undefined) return refusal
    const fields = readFields(body, paymentReaders, paymentDefaults)
    if (fields === undefined) return 400
    return {
      correlationId: fields.correlationid,
      amountCents: centsHalfEven(fields.amount),
      requestedAtMs: fields.requestedat,
    }
  }

  /** The id in the path of a look-up. */
  decodeId(text: string): Uint8Array | undefined {
    const [, hyphened, digits = ''] = uuidInPath.exec(text) ?? []
    return parseCorrelationId(hyphened ?? digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
  }

  encodePayment(status: PaymentStatus, body: PaymentRequest | BodyRefusal | undefined): Answer {
    if (status === 429) return this.#tooMany
    if (status !== 422) return paymentAnswers[status]
    const id = typeof body === 'object' ? printCorrelationId(body.correlationId) : ''
    const words = `Payment not recorded. CorrelationId already exists: ${id}.`
    return message(words, '422 Unprocessable Entity')
  }

  encodeLookUp(answer: LookUpAnswer): Answer {
    switch (answer.status) {
      case 200: {
        const id = printCorrelationId(answer.payment.correlationId)
        const amount = printCentsJson(answer.payment.amountCents)
        const requestedAt = printTimestamp(answer.payment.requestedAtMs)
        return json(`{"correlationId":"${id}","amount":${amount},"requestedAt":"${requestedAt}"}`)
      }
      case 400:
        return badRequest
      case 404:
        return notFound
      case 429:
        return this.#tooMany
    }
  }

  encodeHealth(answer: HealthAnswer): Answer {
    if (answer.status === 429) return this.#tooMany
    return json(`{"failing":${answer.failing},"minResponseTime":${answer.minResponseTimeMs}}`)
  }
}

/** Why a body is not even tried: none (400), or one that does not say it is JSON (415). */
export function bodyRefusal(contentType: string, body: Uint8Array): BodyRefusal | undefined {
  if (body.length === 0) return 400
  return isJsonContentType(contentType) ? undefined : 415
}

const paymentAnswers: Readonly<Record<Exclude<PaymentStatus, 422 | 429>, Answer>> = {
  200: message('payment processed successfully'),
  400: badRequest,
  415: unsupportedMediaType,
  500: internalServerError,
}
