import { randomUUID } from 'node:crypto'
import type { Scenario } from '../scenario.ts'

const nil = '00000000-0000-0000-0000-000000000000'

export const validation: Scenario = {
  checks: {
    'missing-fields-default': 'A missing field takes its default (zero UUID, 0, year 1) and is accepted.',
    'types-only':
      'Only types are checked: a negative amount, any year and any version of a UUID are accepted.',
    'content-type-415': 'A body without a JSON content type is answered 415.',
    'malformed-400': 'A body that does not parse is answered 400.',
  },
  async run(target, notes) {
    notes.equal('missing-fields-default', 'status of {}', 200, (await target.pay('{}')).status)
    const defaults = { correlationId: nil, amount: 0, requestedAt: '0001-01-01T00:00:00' }
    const recorded = (await target.lookup(nil)).json
    notes.equal('missing-fields-default', 'what was recorded', defaults, recorded)
    const odd = { correlationId: nil.replaceAll('0', 'f'), amount: -1.5, requestedAt: '2999-12-31' }
    notes.equal('types-only', 'status', 200, (await target.pay(odd)).status)

    const payment = { correlationId: randomUUID(), amount: 1, requestedAt: '2025-01-01T00:00:00Z' }
    const good = JSON.stringify(payment)
    for (const contentType of ['text/plain', 'application/x-www-form-urlencoded']) {
      const reply = await target.sendPayment(good, contentType).reply
      notes.equal('content-type-415', contentType, 415, reply.status)
    }
    const parameterised = await target.sendPayment(good, 'application/json; charset=utf-8').reply
    notes.equal('content-type-415', 'application/json; charset=utf-8', 200, parameterised.status)

    const wrong = [
      '{"amount":',
      'not json',
      '{"correlationId":"not-a-uuid"}',
      '{"correlationId":7}',
      '{"amount":"much"}',
      '{"amount":true}',
      '{"requestedAt":"yesterday"}',
    ]
    for (const body of wrong) notes.equal('malformed-400', body, 400, (await target.pay(body)).status)
  },
}

export const validationOrder: Scenario = {
  checks: {
    'validated-before-delay': 'A wrong request is answered before the delay.',
    'validated-whatever-the-switch': 'A wrong request is answered 400 or 415 while payments fail.',
  },
  async run(target, notes, { delayMs }) {
    await target.setDelay(delayMs)
    await target.setFailure(true)
    const replies = { 400: await target.pay('{'), 415: await target.sendPayment('{}', 'text/plain').reply }
    for (const [status, reply] of Object.entries(replies)) {
      notes.within('validated-before-delay', `the answer ${status}`, 0, delayMs / 2, reply.elapsedMs)
      notes.equal('validated-whatever-the-switch', 'status', Number(status), reply.status)
    }
  },
}
