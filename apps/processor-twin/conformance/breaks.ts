import { type Answer, internalServerError, json, noContent, notFound } from '../src/answer.ts'
import type { TwinOptions } from '../src/options.ts'
import type { StoredPayment } from '../src/payment-store.ts'
import type { Sabotage } from '../src/twin.ts'

/**
 * Deliberate breaks of the twin, each of one thing a simulator easily gets wrong, and the checks that must catch it.
 * Used by the tests alone.
 */
export interface Break {
  readonly caughtBy: readonly string[]
  readonly sabotage?: Sabotage
  /** Settings that are wrong, for what a setting can break. */
  readonly options?: Partial<TwinOptions>
}

const decode = (body: Uint8Array) => JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>
const replaced = (answer: Answer, pattern: RegExp, text: string): Answer => ({
  ...answer,
  body: answer.body.replace(pattern, text),
})

const recordingBreaks: Record<string, Break> = {
  answersCreated: {
    caughtBy: ['payment-recorded'],
    sabotage: ({ processor }) => {
      const record = processor.record.bind(processor)
      processor.record = payment => ({ ...record(payment), status: '201 Created' })
    },
  },
  lookupOfAbsentIsEmpty: {
    caughtBy: ['lookup-form'],
    sabotage: ({ processor }) => {
      const lookup = processor.lookup.bind(processor)
      processor.lookup = id => {
        const answer = lookup(id)
        return answer === notFound ? json('{}') : answer
      }
    },
  },
  '422as409': {
    caughtBy: ['duplicate-422'],
    sabotage: ({ processor }) => {
      const record = processor.record.bind(processor)
      processor.record = payment => {
        const answer = record(payment)
        return answer.status.startsWith('422') ? { ...answer, status: '409 Conflict' } : answer
      }
    },
  },
  duplicateOverwrites: {
    caughtBy: ['duplicate-changes-nothing'],
    sabotage: ({ processor: { store } }) => {
      const latest = new Map<string, StoredPayment>()
      const insert = store.insert.bind(store)
      store.insert = payment => {
        latest.set(payment.id, payment)
        return insert(payment)
      }
      store.find = id => latest.get(id)
    },
  },
  requestedAtWithZone: {
    caughtBy: ['lookup-no-zone'],
    sabotage: ({ processor }) => {
      const lookup = processor.lookup.bind(processor)
      processor.lookup = id => replaced(lookup(id), /"\}$/, 'Z"}')
    },
  },
  amountsHalfUp: {
    caughtBy: ['amounts-half-to-even'],
    sabotage: ({ processor }) => {
      const read = processor.readPayment.bind(processor)
      processor.readPayment = body => {
        const payment = read(body)
        return (
          payment && { ...payment, amountCents: Math.floor(Number(decode(body).amount) * 100 + 0.5 + 1e-9) }
        )
      }
    },
  },
}

const validationBreaks: Record<string, Break> = {
  missingFieldsRefused: {
    caughtBy: ['missing-fields-default'],
    sabotage: ({ processor }) => {
      const read = processor.readPayment.bind(processor)
      processor.readPayment = body => {
        const payment = read(body)
        return payment && Object.keys(decode(body)).length === 3 ? payment : undefined
      }
    },
  },
  negativeAmountsRefused: {
    caughtBy: ['types-only'],
    sabotage: ({ processor }) => {
      const read = processor.readPayment.bind(processor)
      processor.readPayment = body => {
        const payment = read(body)
        return payment && payment.amountCents >= 0 ? payment : undefined
      }
    },
  },
  anyContentType: {
    caughtBy: ['content-type-415'],
    sabotage: ({ paymentDesk }) => {
      const begin = paymentDesk.begin.bind(paymentDesk)
      paymentDesk.begin = visit => begin(Object.assign(visit, { contentType: 'application/json' }))
    },
  },
  wrongTypesTakeDefaults: {
    caughtBy: ['malformed-400'],
    sabotage: ({ processor }) => {
      const read = processor.readPayment.bind(processor)
      processor.readPayment = body => read(body) ?? read(new TextEncoder().encode('{}'))
    },
  },
  validationAfterDelay: {
    caughtBy: ['validated-before-delay'],
    sabotage: ({ processor, paymentDesk }) => {
      const begin = paymentDesk.begin.bind(paymentDesk)
      paymentDesk.begin = visit => void setTimeout(() => begin(visit), processor.delayMs)
    },
  },
  failureBeforeValidation: {
    caughtBy: ['validated-whatever-the-switch'],
    sabotage: ({ processor, paymentDesk }) => {
      const begin = paymentDesk.begin.bind(paymentDesk)
      paymentDesk.begin = visit =>
        processor.failing ? paymentDesk.finish(visit, internalServerError) : begin(visit)
    },
  },
}

const delayBreaks: Record<string, Break> = {
  neverDelayed: {
    caughtBy: ['delay-waits', 'failure-after-delay'],
    sabotage: ({ paymentDesk }) => {
      paymentDesk.delay = (visit, payment) => paymentDesk.finish(visit, paymentDesk.conclude(visit, payment))
    },
  },
  insertBeforeDelay: {
    caughtBy: ['inserted-after-delay'],
    sabotage: ({ processor, paymentDesk }) => {
      const delay = paymentDesk.delay.bind(paymentDesk)
      const answers = new WeakMap<object, Answer>()
      paymentDesk.delay = (visit, payment) => {
        answers.set(visit, processor.record(payment))
        delay(visit, payment)
      }
      paymentDesk.conclude = visit => answers.get(visit) ?? notFound
    },
  },
  insertCancelledWithClient: {
    caughtBy: ['client-gone-still-inserted'],
    sabotage: ({ paymentDesk }) => {
      const conclude = paymentDesk.conclude.bind(paymentDesk)
      paymentDesk.conclude = (visit, payment) => (visit.gone ? notFound : conclude(visit, payment))
    },
  },
  failureBeforeDelay: {
    caughtBy: ['failure-after-delay', 'failure-looked-at-after-delay'],
    sabotage: ({ processor, paymentDesk }) => {
      const delay = paymentDesk.delay.bind(paymentDesk)
      paymentDesk.delay = (visit, payment) =>
        processor.failing ? paymentDesk.finish(visit, internalServerError) : delay(visit, payment)
      paymentDesk.conclude = (_, payment) => processor.record(payment)
    },
  },
  failureWithBody: {
    caughtBy: ['failure-500'],
    sabotage: ({ processor, paymentDesk }) => {
      const conclude = paymentDesk.conclude.bind(paymentDesk)
      paymentDesk.conclude = (visit, payment) =>
        processor.failing ? json('{}', internalServerError.status) : conclude(visit, payment)
    },
  },
  insertDespiteFailure: {
    caughtBy: ['failure-inserts-nothing'],
    sabotage: ({ processor, paymentDesk }) => {
      const conclude = paymentDesk.conclude.bind(paymentDesk)
      paymentDesk.conclude = (visit, payment) => {
        if (processor.failing) processor.record(payment)
        return conclude(visit, payment)
      }
    },
  },
  lookupDelayed: {
    caughtBy: ['lookup-not-delayed'],
    sabotage: ({ processor, paymentDesk }) => {
      const begin = paymentDesk.begin.bind(paymentDesk)
      paymentDesk.begin = visit =>
        visit.kind === 'payment' ? begin(visit) : void setTimeout(() => begin(visit), processor.delayMs)
    },
  },
  lookupFails: {
    caughtBy: ['lookup-not-failing'],
    sabotage: ({ processor }) => {
      const lookup = processor.lookup.bind(processor)
      processor.lookup = id => (processor.failing ? internalServerError : lookup(id))
    },
  },
}

const limiterBreaks: Record<string, Break> = {
  limiterUnbounded: {
    caughtBy: ['limiter-runs-and-waits', 'limiter-429'],
    sabotage: ({ paymentDesk: { limiter } }) => {
      limiter.enter = () => 'running'
      limiter.leave = () => undefined
    },
  },
  limiterNobodyWaits: {
    caughtBy: ['limiter-runs-and-waits', 'limiter-429'],
    sabotage: ({ paymentDesk: { limiter } }) => {
      const enter = limiter.enter.bind(limiter)
      limiter.enter = visit => {
        const place = enter(visit)
        return place === 'waiting' && limiter.abandon(visit) ? 'refused' : place
      }
    },
  },
  lookupPassesLimiter: {
    caughtBy: ['limiter-shared-with-lookup'],
    sabotage: ({ processor, paymentDesk }) => {
      const arrive = paymentDesk.arrive.bind(paymentDesk)
      paymentDesk.arrive = visit =>
        visit.kind === 'lookup' ? visit.reply(processor.lookup(visit.id)) : arrive(visit)
    },
  },
  placeFreedWhenClientGoes: {
    caughtBy: ['limiter-holds-for-the-gone'],
    sabotage: ({ paymentDesk }) => {
      const release = paymentDesk.release.bind(paymentDesk)
      const goneAway = paymentDesk.goneAway.bind(paymentDesk)
      paymentDesk.goneAway = visit => {
        goneAway(visit)
        if (visit.running && visit.body !== undefined) release()
      }
      paymentDesk.finish = (visit, answer) => {
        if (visit.gone) return
        visit.reply(answer)
        release()
      }
    },
  },
}

const adminBreaks: Record<string, Break> = {
  exclusiveLowerEnd: {
    caughtBy: ['summary-lower-end-inclusive'],
    sabotage: ({ processor: { store } }) => {
      const sum = store.sum.bind(store)
      store.sum = (fromUs, toUs) => sum(fromUs + 1, toUs)
    },
  },
  exclusiveUpperEnd: {
    caughtBy: ['summary-upper-end-inclusive'],
    sabotage: ({ processor: { store } }) => {
      const sum = store.sum.bind(store)
      store.sum = (fromUs, toUs) => sum(fromUs, toUs - 1)
    },
  },
  missingEndIsOpen: {
    caughtBy: ['summary-missing-end'],
    sabotage: ({ processor }) => {
      const summary = processor.summary.bind(processor)
      processor.summary = (from, to) => summary(from ?? '0001-01-01', to ?? '9999-12-31')
    },
  },
  noOffsetIsLocalTime: {
    caughtBy: ['summary-iso-forms'],
    sabotage: ({ processor }) => {
      const readBound = processor.readBound.bind(processor)
      processor.readBound = text => readBound(/Z$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}-03:00`)
    },
  },
  feePerPayment: {
    caughtBy: ['summary-fields'],
    sabotage: ({ processor }) => {
      const summary = processor.summary.bind(processor)
      processor.summary = (from, to) => replaced(summary(from, to), /"totalFee":[^,]*/, '"totalFee":0.15')
    },
  },
  tokenNotChecked: {
    caughtBy: ['token-required', 'token-change'],
    sabotage: ({ admin }) => {
      admin.authorizes = () => true
    },
  },
  tokenFixed: {
    caughtBy: ['token-change'],
    sabotage: ({ admin }) => {
      admin.setToken = () => noContent
    },
  },
  switchesAnswerNoContent: {
    caughtBy: ['delay-200', 'failure-200'],
    sabotage: ({ admin }) => {
      const [setDelay, setFailure] = [admin.setDelay.bind(admin), admin.setFailure.bind(admin)]
      admin.setDelay = delayMs => setDelay(delayMs) && noContent
      admin.setFailure = failing => setFailure(failing) && noContent
    },
  },
  purgeKeepsPayments: {
    caughtBy: ['purge-200'],
    sabotage: ({ processor: { store } }) => {
      store.purge = () => {}
    },
  },
}

const healthBreaks: Record<string, Break> = {
  healthWindowTooLong: { caughtBy: ['health-windows-roll'], options: { healthWindowMs: 1400 } },
  healthNeverForgets: { caughtBy: ['health-fresh-window'], options: { healthResetMs: 3_600_000 } },
  healthQueueOfThree: { caughtBy: ['health-queue-of-two'], options: { healthWaitingCountMax: 3 } },
  healthQueueOfOne: { caughtBy: ['health-queue-of-two'], options: { healthWaitingCountMax: 1 } },
  healthIgnoresSwitches: {
    caughtBy: ['health-report'],
    sabotage: ({ processor }) => {
      processor.health = () => json('{"failing":false,"minResponseTime":0}')
    },
  },
  healthExcessRefused: {
    caughtBy: ['health-excess-waits'],
    sabotage: ({ healthDesk: { window } }) => {
      const ask = window.ask.bind(window)
      window.ask = (visit, nowMs) => {
        const place = ask(visit, nowMs)
        return place === 'waiting' && window.abandon(visit) ? 'refused' : place
      }
    },
  },
  healthUnlimited: {
    caughtBy: ['health-excess-waits', 'health-queue-of-two'],
    sabotage: ({ healthDesk: { window } }) => {
      window.ask = () => 'granted'
    },
  },
  healthWithoutRetryAfter: {
    caughtBy: ['health-queue-of-two'],
    sabotage: ({ healthDesk }) => {
      const { status, body, type } = healthDesk.tooMany
      healthDesk.tooMany = { status, body, type }
    },
  },
}

export const breaks: Readonly<Record<string, Break>> = {
  ...recordingBreaks,
  ...validationBreaks,
  ...delayBreaks,
  ...limiterBreaks,
  ...adminBreaks,
  ...healthBreaks,
}
