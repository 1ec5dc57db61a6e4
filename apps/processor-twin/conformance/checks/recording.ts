import { randomUUID } from 'node:crypto'
import type { Scenario } from '../scenario.ts'

const requestedAt = '2025-08-09T21:19:56.123Z'

export const recording: Scenario = {
  checks: {
    'payment-recorded': 'POST /payments answers 200 with "payment processed successfully".',
    'lookup-form':
      'GET /payments/{id} answers 200 with correlationId, amount and requestedAt, and 404 for an id it does not have.',
    'lookup-no-zone': 'The requestedAt of GET /payments/{id} has no zone: it is UTC.',
    'duplicate-422':
      'A correlationId it has is answered 422, with a message "… CorrelationId already exists: …".',
    'duplicate-changes-nothing': 'A duplicate changes neither amount nor requestedAt of what was recorded.',
  },
  async run(target, notes) {
    const correlationId = randomUUID()
    const absent = await target.lookup(correlationId)
    notes.equal('lookup-form', 'status before it is paid', 404, absent.status)
    const first = await target.pay({ correlationId, amount: 19.9, requestedAt })
    notes.equal('payment-recorded', 'status', 200, first.status)
    notes.equal('payment-recorded', 'body', { message: 'payment processed successfully' }, first.json)
    const found = await target.lookup(correlationId)
    notes.equal('lookup-form', 'status', 200, found.status)
    const { correlationId: id, amount, ...rest } = found.json as Record<string, unknown>
    notes.equal('lookup-form', 'correlationId', correlationId, id)
    notes.equal('lookup-form', 'amount', 19.9, amount)
    notes.equal('lookup-form', 'other fields', ['requestedAt'], Object.keys(rest))
    notes.equal('lookup-no-zone', 'requestedAt', '2025-08-09T21:19:56.123', rest.requestedAt)

    const again = await target.pay({ correlationId, amount: 5, requestedAt: '2026-01-01T00:00:00Z' })
    notes.equal('duplicate-422', 'status', 422, again.status)
    const said = 'CorrelationId already exists: '
    notes.holds('duplicate-422', 'body', `a message with "${said}"`, again.text, again.text.includes(said))
    const after = await target.lookup(correlationId)
    const nothing = 'duplicate-changes-nothing'
    notes.equal(nothing, 'what a look-up says after', found.json, after.json)
    const { totalRequests, totalAmount } = (await target.summary()).json as Record<string, unknown>
    notes.equal(nothing, 'count and amount in all', [1, 19.9], [totalRequests, totalAmount])
  },
}

export const rounding: Scenario = {
  checks: { 'amounts-half-to-even': 'Amounts are kept to 2 decimals, half to even.' },
  async run(target, notes) {
    const cases = [
      ['0.125', 0.12],
      ['0.135', 0.14],
      ['1.005', 1],
      ['2.675', 2.68],
      ['1.0051', 1.01],
      ['20.05', 20.05],
    ] as const
    for (const [written, kept] of cases) {
      const correlationId = randomUUID()
      // By hand: printing a number would write it in its shortest form.
      await target.pay(
        `{"correlationId":"${correlationId}","amount":${written},"requestedAt":"${requestedAt}"}`,
      )
      const { amount } = (await target.lookup(correlationId)).json as Record<string, unknown>
      notes.equal('amounts-half-to-even', written, kept, amount)
    }
  },
}
