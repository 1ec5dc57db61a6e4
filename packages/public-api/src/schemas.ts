import { amountCentsMax, instantPattern } from '@rinha/payment'

/**
 * Plain JSON Schema. A schema library would cost each node 2.5 MB of memory, and a node needs none of its types and
 * checks.
 */

export function text(options: { readonly [keyword: string]: unknown } = {}) {
  return { type: 'string', ...options }
}

export function literal(value: string | boolean) {
  return { const: value }
}

/** Members that end in `?` may be left out. */
export function object(members: { readonly [name: string]: object }, options: object = {}) {
  const entries = Object.entries(members)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace('?', ''), schema])),
    required: entries.map(([name]) => name).filter(name => !name.endsWith('?')),
    additionalProperties: false,
    ...options,
  }
}

/**
 * What travels between clients and API nodes. The numbers are the limits that the hand-written readers of bodies and
 * queries use.
 */

export const correlationId = text({
  pattern: '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$',
  examples: ['4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'],
  description: 'The UUID of a payment, chosen by who posts it. A payment is taken once under it.',
})

const amount = {
  type: 'number',
  minimum: 0.01,
  maximum: amountCentsMax / 100,
  multipleOf: 0.01,
  examples: [19.9],
  description: 'In the currency, with at most two decimals.',
}

/** The body of `POST /payments`. */
export const newPayment = object(
  { correlationId, amount },
  {
    additionalProperties: true,
    description: 'Other members are ignored. Neither of the two may come twice.',
  },
)

export const instant = text({
  pattern: instantPattern,
  examples: ['2025-08-09T21:19:56.123Z'],
  description: 'An instant in ISO 8601, in UTC or with an offset, with at most 9 digits of a fraction.',
})

const archived = {
  ...literal(true),
  description: 'It has left the coordinator’s memory, and is in the archive.',
}

/** The state of a payment. */
export const payment = {
  anyOf: [
    object(
      { correlationId, state: literal('accepted') },
      { description: 'The node that answers has it, and the coordinator not yet.' },
    ),
    object({ correlationId, state: literal('queued'), amount }),
    object({ correlationId, state: literal('inFlight'), amount, processor: text(), requestedAt: instant }),
    object({
      ...{ correlationId, state: literal('settled'), amount, processor: text(), requestedAt: instant },
      'archived?': archived,
    }),
    object(
      { correlationId, state: literal('rejected'), amount, reason: text(), 'archived?': archived },
      { description: 'No processor takes it, unless an operator has it sent again.' },
    ),
  ],
}

/** The sums of each processor, by its name. */
export const summary = object(
  {},
  {
    additionalProperties: object({
      totalRequests: { type: 'integer', minimum: 0 },
      totalAmount: { type: 'number', minimum: 0 },
    }),
  },
)
