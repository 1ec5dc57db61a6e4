import { documentOperations, operations } from '@rinha/openapi'
import { correlationId, instant, literal, newPayment, object, payment, summary, text } from './schemas.ts'

const prefer = (description: string) => object({ 'prefer?': text({ description }) })
const node = text({ description: 'The name of the node that answers.' })

const ready = object({
  status: literal('ready'),
  node,
  'shards?': {
    type: 'array',
    items: object({ shard: { type: 'integer', minimum: 0 }, connected: { type: 'boolean' } }),
    description: 'Where payments are divided among several coordinators: which of them can be asked.',
  },
})

/** Every operation of an API node. */
export const publicOperations = operations({
  postPayment: {
    method: 'POST',
    path: '/payments',
    role: 'client',
    tag: 'payments',
    summary: 'Have a payment processed',
    description:
      'It may be posted again, with the same id and amount, whenever no answer comes: it is processed once. Where more comes than can be settled, a new one is answered 503 with the wait that is expected as Retry-After; one that was accepted before gets its usual answer.',
    headers: prefer(
      'RFC 7240: `ack=received`, `ack=queued`, `ack=journaled` or `ack=replicated` says who is to have the payment before the answer.',
    ),
    body: newPayment,
    answers: {
      202: {
        description: 'The payment will be processed.',
        text: '',
        headers: object({
          Location: text({ description: 'Where to ask how it stands.' }),
          'Preference-Applied': text({
            pattern: '^ack=(received|queued|journaled|replicated)$',
            description: 'Who has the payment: the node, the coordinator, its disk.',
          }),
        }),
      },
    },
    problems: ['bad-request', 'conflict', 'unavailable'],
  },
  getPayment: {
    method: 'GET',
    path: '/payments/{id}',
    role: 'client',
    tag: 'payments',
    summary: 'How a payment stands',
    params: object({ id: correlationId }),
    headers: prefer(
      'RFC 7240: with `wait=5` the answer comes when the payment has ended, or after five seconds.',
    ),
    answers: {
      200: {
        description: 'How it stands.',
        json: payment,
        headers: object({
          'Preference-Applied?': text({
            pattern: '^wait=\\d+$',
            description: 'The payment has ended, or these seconds are over.',
          }),
        }),
      },
    },
    problems: ['bad-request', 'not-found', 'unavailable'],
  },
  getSummary: {
    method: 'GET',
    path: '/payments-summary',
    role: 'client',
    tag: 'payments',
    summary: 'What each processor recorded',
    description:
      'Of the payments whose requestedAt is in the window, both ends included; a missing end is open. from is not later than to. Of archived time whole seconds are known: there, an end with a fraction of a second is answered 400 with the whole seconds around it.',
    query: object({ 'from?': instant, 'to?': instant }),
    answers: {
      200: {
        description: 'Counts and sums by the processor’s name.',
        json: summary,
        headers: object({
          'Complete-Up-To?': text({
            format: 'date-time',
            description:
              'Sums up to this instant are final: no payment that is booked later has a requestedAt at or before it. So a window whose to is not later has its last answer. It is missing while that is not known.',
          }),
        }),
      },
    },
    problems: ['bad-request', 'unavailable'],
  },
  purgePayments: {
    method: 'POST',
    path: '/purge-payments',
    role: 'client',
    tag: 'payments',
    summary: 'Forget every payment, where the coordinator allows it (PURGE_ALLOWED)',
    answers: { 200: { description: 'They are forgotten.', json: object({ purged: literal(true) }) } },
    problems: ['forbidden', 'unavailable'],
  },
  getHealth: {
    method: 'GET',
    path: '/health',
    role: 'open',
    tag: 'health',
    summary: 'Whether the node works',
    answers: { 200: { description: 'It works.', json: object({ status: literal('ok'), node }) } },
    problems: [],
  },
  getReady: {
    method: 'GET',
    path: '/ready',
    role: 'open',
    tag: 'health',
    summary: 'Whether the coordinator can be asked',
    description: 'With several shards: whether at least one can.',
    answers: { 200: { description: 'It can.', json: ready } },
    problems: ['unavailable'],
  },
  ...documentOperations,
})
