import { internalServerError, json, noContent } from '../src/answer.ts'
import type { Twin, TwinOptions } from '../src/index.ts'

/**
 * Deliberate breaks of a running twin, each of one thing a simulator easily gets wrong, and the checks that must catch
 * it. Used by the tests alone.
 */
export interface Break {
  readonly caughtBy: readonly string[]
  readonly sabotage?: (twin: Twin) => void
  /** Wrong settings, for breaks that a setting can cause. */
  readonly options?: Partial<TwinOptions>
}

type Method = (...given: never[]) => unknown
type MethodOf<Part> = { [Name in keyof Part]: Part[Name] extends Method ? Name : never }[keyof Part]

/** Puts another method in the place of one; `by` is given the one that was there. */
function replace<Part extends object, Name extends MethodOf<Part>>(
  part: Part,
  name: Name,
  by: (method: Part[Name]) => Part[Name],
): void {
  part[name] = by((part[name] as Method).bind(part) as Part[Name])
}

const by = (caughtBy: string, sabotage: (twin: Twin) => void): Break => ({
  caughtBy: caughtBy.split(' '),
  sabotage,
})
const bySetting = (caughtBy: string, options: Partial<TwinOptions>): Break => ({
  caughtBy: caughtBy.split(' '),
  options,
})

const fieldsOf = (body: Uint8Array) => JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>
const empty = new TextEncoder().encode('{}')

const recordingBreaks = {
  answersCreated: by('payment-recorded', ({ codec }) =>
    replace(codec, 'encodePayment', encode => (...given) => ({ ...encode(...given), status: '201 Created' })),
  ),
  lookupOfAbsentIsEmpty: by('lookup-form', ({ codec }) =>
    replace(codec, 'encodeLookUp', encode => answer => (answer.status === 404 ? json('{}') : encode(answer))),
  ),
  '422as409': by('duplicate-422', ({ codec }) =>
    replace(codec, 'encodePayment', encode => (status, payment) => {
      const answer = encode(status, payment)
      return status === 422 ? { ...answer, status: '409 Conflict' } : answer
    }),
  ),
  duplicateOverwrites: by('duplicate-changes-nothing', ({ model }) => {
    const latest = new Map<string, Parameters<typeof model.insert>[0]>()
    replace(model, 'insert', insert => payment => {
      latest.set(String(payment.correlationId), payment)
      return insert(payment)
    })
    replace(model, 'find', find => correlationId => {
      const payment = latest.get(String(correlationId))
      return payment === undefined ? find(correlationId) : { status: 200, payment }
    })
  }),
  requestedAtWithZone: by('lookup-no-zone', ({ codec }) =>
    replace(codec, 'encodeLookUp', encode => answer => {
      const found = encode(answer)
      return { ...found, body: found.body.replace(/"\}$/, 'Z"}') }
    }),
  ),
  amountsHalfUp: by('amounts-half-to-even', ({ codec }) =>
    replace(codec, 'decodePayment', decode => (type, body) => {
      const payment = decode(type, body)
      if (typeof payment === 'number') return payment
      return { ...payment, amountCents: Math.floor(Number(fieldsOf(body).amount) * 100 + 0.5 + 1e-9) }
    }),
  ),
}

const validationBreaks = {
  missingFieldsRefused: by('missing-fields-default', ({ codec }) =>
    replace(codec, 'decodePayment', decode => (type, body) => {
      const payment = decode(type, body)
      return typeof payment === 'object' && Object.keys(fieldsOf(body)).length < 3 ? 400 : payment
    }),
  ),
  negativeAmountsRefused: by('types-only', ({ codec }) =>
    replace(codec, 'decodePayment', decode => (type, body) => {
      const payment = decode(type, body)
      return typeof payment === 'object' && payment.amountCents < 0 ? 400 : payment
    }),
  ),
  anyContentType: by('content-type-415', ({ codec }) =>
    replace(codec, 'decodePayment', decode => (_, body) => decode('application/json', body)),
  ),
  wrongTypesTakeDefaults: by('malformed-400', ({ codec }) =>
    replace(codec, 'decodePayment', decode => (type, body) => {
      const payment = decode(type, body)
      return payment === 400 ? decode(type, empty) : payment
    }),
  ),
  validationAfterDelay: by('validated-before-delay', ({ model }) =>
    replace(
      model,
      'begin',
      begin =>
        (...given) =>
          void setTimeout(() => begin(...given), model.delayMs),
    ),
  ),
  failureBeforeValidation: by('validated-whatever-the-switch', ({ model }) =>
    replace(model, 'begin', begin => (call, body) => {
      if (model.failing) model.finish(call, 500)
      else begin(call, body)
    }),
  ),
}

const delayBreaks = {
  neverDelayed: by('delay-waits failure-after-delay', ({ model }) => {
    model.delay = (call, payment) => model.finish(call, model.conclude(call, payment))
  }),
  insertBeforeDelay: by('inserted-after-delay', ({ model }) => {
    const statuses = new WeakMap<object, ReturnType<typeof model.insert>>()
    replace(model, 'delay', delay => (call, payment) => {
      statuses.set(call, model.insert(payment))
      delay(call, payment)
    })
    model.conclude = call => statuses.get(call) ?? 500
  }),
  insertCancelledWithClient: by('client-gone-still-inserted', ({ model }) =>
    replace(model, 'conclude', conclude => (call, payment) => (call.gone ? 500 : conclude(call, payment))),
  ),
  failureBeforeDelay: by('failure-after-delay failure-looked-at-after-delay', ({ model }) => {
    replace(model, 'delay', delay => (call, payment) => {
      if (model.failing) model.finish(call, 500)
      else delay(call, payment)
    })
    model.conclude = (_, payment) => model.insert(payment)
  }),
  failureWithBody: by('failure-500', ({ codec }) =>
    replace(codec, 'encodePayment', encode => (status, payment) => {
      return status === 500 ? json('{}', internalServerError.status) : encode(status, payment)
    }),
  ),
  insertDespiteFailure: by('failure-inserts-nothing', ({ model }) =>
    replace(model, 'conclude', conclude => (call, payment) => {
      if (model.failing) model.insert(payment)
      return conclude(call, payment)
    }),
  ),
  lookupDelayed: by('lookup-not-delayed', ({ model }) =>
    replace(model, 'lookUp', lookUp => (id, reply) => {
      return lookUp(id, answer => void setTimeout(() => reply(answer), model.delayMs))
    }),
  ),
  lookupFails: by('lookup-not-failing', ({ model, codec }) =>
    replace(
      codec,
      'encodeLookUp',
      encode => answer => (model.failing ? internalServerError : encode(answer)),
    ),
  ),
}

const limiterBreaks = {
  limiterUnbounded: bySetting('limiter-runs-and-waits limiter-429', { runningCountMax: 1_000_000 }),
  limiterNobodyWaits: bySetting('limiter-runs-and-waits limiter-429', { waitingCountMax: 0 }),
  lookupPassesLimiter: by('limiter-shared-with-lookup', ({ model }) => {
    model.lookUp = (id, reply) => {
      reply(model.find(id))
      return { whole: true, running: false, gone: false, work: undefined }
    }
  }),
  placeFreedWhenClientGoes: by('limiter-holds-for-the-gone', ({ model }) => {
    replace(model, 'goneAway', goneAway => call => {
      goneAway(call)
      if (call.running && call.whole) model.release()
    })
    replace(model, 'finish', finish => (call, status) => {
      if (!call.gone) finish(call, status)
    })
  }),
}

const adminBreaks = {
  exclusiveLowerEnd: by('summary-lower-end-inclusive', ({ model }) =>
    replace(model.books, 'sum', sum => (fromMs, toMs) => sum(fromMs + 0.5, toMs)),
  ),
  exclusiveUpperEnd: by('summary-upper-end-inclusive', ({ model }) =>
    replace(model.books, 'sum', sum => (fromMs, toMs) => sum(fromMs, toMs - 0.5)),
  ),
  missingEndIsOpen: by('summary-missing-end', ({ model }) => {
    model.summary = (fromMs, toMs) => model.books.sum(fromMs ?? -Infinity, toMs ?? Infinity)
  }),
  noOffsetIsLocalTime: by('summary-iso-forms', ({ admin }) =>
    replace(admin, 'readBound', read => text => {
      return read(/Z$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}-03:00`)
    }),
  ),
  feePerPayment: by('summary-fields', ({ admin }) =>
    replace(admin, 'summary', summary => (from, to) => {
      const answer = summary(from, to)
      return { ...answer, body: answer.body.replace(/"totalFee":[^,]*/, '"totalFee":0.15') }
    }),
  ),
  tokenNotChecked: by('token-required token-change', ({ model }) => {
    model.authorizes = () => true
  }),
  tokenFixed: by('token-change', ({ admin }) => {
    admin.setToken = () => noContent
  }),
  switchesAnswerNoContent: by('delay-200 failure-200', ({ admin }) => {
    replace(admin, 'setDelay', set => delayMs => set(delayMs) && noContent)
    replace(admin, 'setFailure', set => failing => set(failing) && noContent)
  }),
  purgeKeepsPayments: by('purge-200', ({ model: { books } }) => {
    books.clear = () => {}
  }),
}

const healthBreaks = {
  healthWindowTooLong: bySetting('health-windows-roll', { healthWindowMs: 1400 }),
  healthNeverForgets: bySetting('health-fresh-window', { healthResetMs: 3_600_000 }),
  healthQueueOfThree: bySetting('health-queue-of-two', { healthWaitingCountMax: 3 }),
  healthQueueOfOne: bySetting('health-queue-of-two', { healthWaitingCountMax: 1 }),
  healthExcessRefused: bySetting('health-excess-waits', { healthWaitingCountMax: 0 }),
  healthIgnoresSwitches: by('health-report', ({ codec }) => {
    codec.encodeHealth = () => json('{"failing":false,"minResponseTime":0}')
  }),
  healthUnlimited: by('health-excess-waits health-queue-of-two', ({ model: { healthWindow } }) => {
    healthWindow.ask = granted => {
      granted()
      return true
    }
  }),
  healthWithoutRetryAfter: by('health-queue-of-two', ({ codec }) =>
    replace(codec, 'encodeHealth', encode => answer => {
      const { status, body, type } = encode(answer)
      return { status, body, type }
    }),
  ),
}

export const breaks: Readonly<Record<string, Break>> = {
  ...recordingBreaks,
  ...validationBreaks,
  ...delayBreaks,
  ...limiterBreaks,
  ...adminBreaks,
  ...healthBreaks,
}
