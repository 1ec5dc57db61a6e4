import {
  centsHalfEven,
  type ProcessorFaults,
  type ProcessorModel,
  type ProcessorNoise,
} from '@rinha/processor-model'
import {
  type Answer,
  badRequest,
  json,
  message,
  noContent,
  problem,
  unauthorized,
  unsupportedMediaType,
} from './answer.ts'
import { bodyRefusal, paymentReaders } from './codec.ts'
import { printCentsJson, printFeeJson, printFeeRateJson } from './decimal.ts'
import { readFaults } from './faults.ts'
import { readNoise } from './noise.ts'
import { parseBoundMs } from './timestamp.ts'
import { boolean, int32, type Reader, type Readers, readFields, text } from './wire-json.ts'

/** The endpoints that need `X-Rinha-Token`. */
export type AdminCall =
  | 'summary'
  | 'setToken'
  | 'setDelay'
  | 'setFailure'
  | 'setFaults'
  | 'setNoise'
  | 'tamper'
  | 'purge'

export interface AdminRequest {
  readonly call: AdminCall
  /** The `X-Rinha-Token` header, or an empty text. */
  readonly token: string
  readonly contentType: string
  /** The raw query string, without the question mark. */
  readonly query: string
  readonly body: Uint8Array
}

/**
 * Answers the admin endpoints. The body is read before the token is looked at, as the original's filters do: a wrong
 * body is 400 or 415 for anyone, the rest is 401 without the token.
 */
export class Admin {
  readonly #model: ProcessorModel
  readonly #feeBps: number

  constructor(model: ProcessorModel, feeBps: number) {
    this.#model = model
    this.#feeBps = feeBps
  }

  answer(request: AdminRequest): Answer {
    const action = this.#read(request)
    if (typeof action !== 'function') return action
    return this.#model.authorizes(request.token) ? action() : unauthorized
  }

  setToken(token: string): Answer {
    this.#model.token = token
    return noContent
  }

  setDelay(delayMs: number): Answer {
    return this.#set('delay', 'delayMs', delayMs)
  }

  setFailure(failing: boolean): Answer {
    return this.#set('failure', 'failing', failing)
  }

  setFaults(faults: ProcessorFaults): Answer {
    return this.#set('fault', 'faults', faults)
  }

  setNoise(noise: ProcessorNoise): Answer {
    return this.#set('noise', 'noise', noise)
  }

  #set<Key extends 'delayMs' | 'failing' | 'faults' | 'noise'>(
    config: string,
    key: Key,
    is: ProcessorModel[Key],
  ): Answer {
    const was = this.#model[key]
    this.#model[key] = is
    return json(JSON.stringify({ config, was, is }))
  }

  /** An empty end counts as a missing one. */
  summary(from: string | undefined, to: string | undefined): Answer {
    const [fromMs, toMs] = [from, to].map(end => (end ? this.readBound(end) : undefined))
    if ((from && fromMs === undefined) || (to && toMs === undefined)) return badRequest
    const { count, amountCents } = this.#model.summary(fromMs, toMs)
    const totalAmount = printCentsJson(amountCents)
    const totalFee = printFeeJson(amountCents, this.#feeBps)
    const fee = printFeeRateJson(this.#feeBps)
    return json(
      `{"totalRequests":${count},"totalAmount":${totalAmount},"totalFee":${totalFee},"feePerTransaction":${fee}}`,
    )
  }

  /**
   * Falsifies the books, which the original cannot do. The record under an id is removed. If the body has an amount and a
   * requestedAt, a record with these replaces it.
   */
  tamper(correlationId: Uint8Array, amount: number | undefined, requestedAtMs: number | undefined): Answer {
    this.#model.books.remove(correlationId)
    if (amount !== undefined && requestedAtMs !== undefined)
      this.#model.books.record(correlationId, centsHalfEven(amount), requestedAtMs)
    return noContent
  }

  /** One end of a summary's window. */
  readBound(text: string): number | undefined {
    return parseBoundMs(text)
  }

  /** The request's meaning, or the reason why it cannot be read. */
  #read(request: AdminRequest): (() => Answer) | Answer {
    switch (request.call) {
      case 'summary': {
        const { from, to } = readWindow(request.query)
        return () => this.summary(from, to)
      }
      case 'purge':
        return () => {
          this.#model.books.clear()
          return message('All payments purged.')
        }
      case 'tamper':
        return withBody(request, body => {
          const read = readFields<Falsified>(body, paymentReaders as Readers<Falsified>, {})
          if (read?.correlationid === undefined) return badRequest
          const { correlationid, amount, requestedat } = read
          return () => this.tamper(correlationid, amount, requestedat)
        })
      case 'setToken':
        return withField(request, 'token', text, '', token => this.setToken(token))
      case 'setDelay':
        return withField(request, 'delay', int32, 0, delayMs => this.setDelay(delayMs))
      case 'setFailure':
        return withField(request, 'failure', boolean, false, failing => this.setFailure(failing))
      case 'setFaults':
        return withBody(request, body => {
          const faults = readFaults(body)
          return faults.ok ? () => this.setFaults(faults.value) : problem(faults.error)
        })
      case 'setNoise':
        return withBody(request, body => {
          const noise = readNoise(body)
          return noise.ok ? () => this.setNoise(noise.value) : problem(noise.error)
        })
    }
  }
}

// tidy: the names are the body's
type Falsified = { correlationid?: Uint8Array; amount?: number; requestedat?: number }

/** The function for the request's body, or the reason why there is none. */
function withBody(
  { contentType, body }: AdminRequest,
  read: (body: Uint8Array) => (() => Answer) | Answer,
): (() => Answer) | Answer {
  const refusal = bodyRefusal(contentType, body)
  if (refusal !== undefined) return refusal === 400 ? badRequest : unsupportedMediaType
  return read(body)
}

/** The function for the one field of the body. */
function withField<T>(
  request: AdminRequest,
  name: string,
  reader: Reader<T>,
  otherwise: T,
  action: (value: T) => Answer,
): (() => Answer) | Answer {
  return withBody(request, body => {
    const fields = readFields<Record<string, T>>(body, { [name]: reader }, { [name]: otherwise })
    return fields === undefined ? badRequest : () => action(fields[name] ?? otherwise)
  })
}

/** `from` and `to` of a query string; names in any case, as ASP.NET has them. */
function readWindow(query: string): { from: string | undefined; to: string | undefined } {
  const window: { from: string | undefined; to: string | undefined } = { from: undefined, to: undefined }
  for (const [name, value] of new URLSearchParams(query)) {
    const known = name.toLowerCase()
    if (known === 'from' || known === 'to') window[known] ??= value
  }
  return window
}
