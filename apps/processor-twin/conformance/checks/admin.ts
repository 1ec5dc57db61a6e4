import { randomUUID } from 'node:crypto'
import type { Scenario } from '../scenario.ts'

const from = '2030-01-01T00:00:00.000Z'
const middle = '2030-01-01T00:00:00.500Z'
const to = '2030-01-01T00:00:01.000Z'

/** The middle instant, in other words. */
const spellings = [
  '2030-01-01T00:00:00.5Z',
  '2030-01-01T00:00:00.500000Z',
  '2030-01-01T00:00:00.500',
  '2030-01-01T00:00:00.500+00:00',
  '2029-12-31T21:00:00.500-03:00',
  '2030-01-01T05:30:00.500+05:30',
]

export const summaries: Scenario = {
  checks: {
    'summary-fields':
      'The summary has totalRequests, totalAmount, totalFee (amount by fee) and feePerTransaction.',
    'summary-lower-end-inclusive': 'The summary counts a payment requested exactly at `from`.',
    'summary-upper-end-inclusive': 'The summary counts a payment requested exactly at `to`.',
    'summary-missing-end': 'The summary counts everything where either end is missing.',
    'summary-iso-forms': 'The ends may have any fraction and any offset; without an offset they are UTC.',
  },
  async run(target, notes) {
    const amounts = new Map([
      [from, 10.01],
      [middle, 20.02],
      [to, 30.03],
    ])
    for (const [requestedAt, amount] of amounts) {
      await target.pay({ correlationId: randomUUID(), amount, requestedAt })
    }
    const totals = async (query: Record<string, string>) => {
      const { totalRequests, totalAmount } = (await target.summary(query)).json as Record<string, unknown>
      return [totalRequests, totalAmount]
    }
    const whole = (await target.summary({ from, to })).json as Record<string, unknown>
    const names = ['feePerTransaction', 'totalAmount', 'totalFee', 'totalRequests']
    notes.equal('summary-fields', 'names', names, Object.keys(whole).sort())
    notes.equal('summary-fields', 'count and amount', [3, 60.06], [whole.totalRequests, whole.totalAmount])
    const fee = Number((60.06 * Number(whole.feePerTransaction)).toFixed(6))
    notes.equal('summary-fields', `totalFee at ${whole.feePerTransaction}`, fee, whole.totalFee)

    const justAfter = '2030-01-01T00:00:00.501Z'
    const lower = 'summary-lower-end-inclusive'
    notes.equal(lower, 'from the middle', [2, 50.05], await totals({ from: middle, to }))
    notes.equal(lower, 'from 1 ms later', [1, 30.03], await totals({ from: justAfter, to }))
    const justBefore = '2030-01-01T00:00:00.499Z'
    const upper = 'summary-upper-end-inclusive'
    notes.equal(upper, 'to the middle', [2, 30.03], await totals({ from, to: middle }))
    notes.equal(upper, 'to 1 ms before', [1, 10.01], await totals({ from, to: justBefore }))
    notes.equal('summary-missing-end', 'only from', [3, 60.06], await totals({ from: to }))
    notes.equal('summary-missing-end', 'only to', [3, 60.06], await totals({ to: from }))
    notes.equal('summary-missing-end', 'neither', [3, 60.06], await totals({}))
    for (const spelling of spellings) {
      const seen = await totals({ from: spelling, to: spelling })
      notes.equal('summary-iso-forms', `both ends ${spelling}`, [1, 20.02], seen)
    }
  },
}

export const tokens: Scenario = {
  checks: {
    'token-required': 'Every admin endpoint answers 401 without the token or with a wrong one.',
    'token-change': 'PUT …/token answers 204, and from then on the new token counts, not the old one.',
  },
  async run(target, notes) {
    const calls = [
      ['GET', '/admin/payments-summary', undefined],
      ['PUT', '/admin/configurations/token', '{"token":"stolen"}'],
      ['PUT', '/admin/configurations/delay', '{"delay":1}'],
      ['PUT', '/admin/configurations/failure', '{"failure":true}'],
      ['POST', '/admin/purge-payments', undefined],
    ] as const
    for (const [method, path, body] of calls) {
      for (const token of [undefined, `${target.token}-wrong`]) {
        const options = body === undefined ? { token } : { token, body, contentType: 'application/json' }
        const { status } = await target.send(method, path, options).reply
        const which = token === undefined ? 'no' : 'wrong'
        notes.equal('token-required', `${method} ${path}, ${which} token`, 401, status)
      }
    }
    const old = target.token
    notes.equal('token-change', 'status', 204, (await target.setToken('conformance')).status)
    notes.equal('token-change', 'the new token', 200, (await target.summary()).status)
    const { status } = await target.send('GET', '/admin/payments-summary', { token: old }).reply
    notes.equal('token-change', 'the old token', 401, status)
    notes.equal('token-change', 'changed back', 204, (await target.setToken(old)).status)
  },
}

export const switches: Scenario = {
  checks: {
    'delay-200': 'PUT …/delay answers 200.',
    'failure-200': 'PUT …/failure answers 200.',
    'purge-200': 'POST /admin/purge-payments answers 200 and forgets every payment.',
  },
  async run(target, notes) {
    notes.equal('delay-200', 'status', 200, (await target.setDelay(1)).status)
    notes.equal('failure-200', 'status', 200, (await target.setFailure(true)).status)
    await target.setFailure(false)
    const correlationId = randomUUID()
    await target.pay({ correlationId, amount: 1, requestedAt: from })
    notes.equal('purge-200', 'status', 200, (await target.purge()).status)
    notes.equal('purge-200', 'look-up after', 404, (await target.lookup(correlationId)).status)
    const { totalRequests } = (await target.summary()).json as Record<string, unknown>
    notes.equal('purge-200', 'totalRequests after', 0, totalRequests)
  },
}
