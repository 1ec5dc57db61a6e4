import { type Answer, badRequest, internalServerError, json, message, notFound } from './answer.ts'
import { centsHalfEven, printCentsJson, printFeeJson, printFeeRateJson } from './decimal.ts'
import type { TwinOptions } from './options.ts'
import { PaymentStore } from './payment-store.ts'
import { parseBoundUs, printTimestamp, yearOneUs } from './timestamp.ts'
import { decimal, type Reader, readFields, timestamp, uuid } from './wire-json.ts'

/** A payment as it was asked for, types checked and nothing else. */
export interface PaymentRequest {
  /** A UUID as lower case text. */
  readonly id: string
  readonly amountCents: number
  readonly requestedAtUs: number
}

const paymentDefaults = {
  correlationid: '00000000-0000-0000-0000-000000000000',
  amount: 0,
  requestedat: yearOneUs,
}
const paymentReaders: { [Name in keyof typeof paymentDefaults]: Reader<(typeof paymentDefaults)[Name]> } = {
  correlationid: uuid,
  amount: decimal,
  requestedat: timestamp,
}

// Forms of a UUID in a path, as .NET reads them: 32 digits, with hyphens, and those in braces or brackets.
const uuidInPath =
  /^[{(]?([\da-f]{8})-([\da-f]{4})-([\da-f]{4})-([\da-f]{4})-([\da-f]{12})[)}]?$|^([\da-f]{32})$/i

/**
 * One processor: its three switches, its fee, what it recorded, and what it answers. When an answer is due (the
 * delay, the limiter, the health window) is decided elsewhere; nothing here waits.
 */
export class Processor {
  token: string
  /** Milliseconds; negative counts as none. */
  delayMs: number
  failing: boolean
  readonly store: PaymentStore
  readonly #name: string
  readonly #feeBps: number

  constructor(options: TwinOptions) {
    this.token = options.token
    this.delayMs = options.delayMs
    this.failing = options.failing
    this.store = new PaymentStore(options.paymentCountMax)
    this.#name = options.name
    this.#feeBps = options.feeBps
  }

  /** The body of `POST /payments`, or `undefined` where it does not parse. */
  readPayment(body: Uint8Array): PaymentRequest | undefined {
    const fields = readFields(body, paymentReaders, paymentDefaults)
    if (fields === undefined) return undefined
    return {
      id: fields.correlationid,
      amountCents: centsHalfEven(fields.amount),
      requestedAtUs: fields.requestedat,
    }
  }

  record(payment: PaymentRequest): Answer {
    switch (this.store.insert(payment)) {
      case 'inserted':
        return recorded
      case 'duplicate':
        return message(
          `Payment not recorded. CorrelationId already exists: ${payment.id}.`,
          '422 Unprocessable Entity',
        )
      case 'full':
        return message(
          'The store is full. Purge it, or start with a larger PAYMENT_COUNT_MAX.',
          internalServerError.status,
        )
    }
  }

  /** `GET /payments/{id}`. */
  lookup(idInPath: string): Answer {
    const parts = uuidInPath.exec(idInPath)
    if (parts === null) return badRequest
    const digits = (parts[6] ?? parts.slice(1, 6).join('')).toLowerCase()
    const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    const found = this.store.find(id)
    if (found === undefined) return notFound
    const amount = printCentsJson(found.amountCents)
    const requestedAt = printTimestamp(found.requestedAtUs)
    return json(`{"correlationId":"${id}","amount":${amount},"requestedAt":"${requestedAt}"}`)
  }

  health(): Answer {
    return json(`{"failing":${this.failing},"minResponseTime":${this.delayMs}}`)
  }

  /** `GET /admin/payments-summary`. An empty end counts as a missing one. */
  summary(from: string | undefined, to: string | undefined): Answer {
    const fromUs = from ? this.readBound(from) : Number.NEGATIVE_INFINITY
    const toUs = to ? this.readBound(to) : Number.POSITIVE_INFINITY
    if (fromUs === undefined || toUs === undefined) return badRequest
    const { count, amountCents } = from && to ? this.store.sum(fromUs, toUs) : this.store.total()
    const totalAmount = printCentsJson(amountCents)
    const totalFee = printFeeJson(amountCents, this.#feeBps)
    const fee = printFeeRateJson(this.#feeBps)
    return json(
      `{"totalRequests":${count},"totalAmount":${totalAmount},"totalFee":${totalFee},"feePerTransaction":${fee}}`,
    )
  }

  /** One end of a summary's window, in microseconds since the epoch. */
  readBound(text: string): number | undefined {
    return parseBoundUs(text)
  }

  /** `GET /`: which one this is. */
  front(): Answer {
    const fee = printFeeRateJson(this.#feeBps)
    return { status: '200 OK', body: `Payment processor ${this.#name}, fee ${fee}\n`, type: 'text' }
  }
}

const recorded = message('payment processed successfully')
