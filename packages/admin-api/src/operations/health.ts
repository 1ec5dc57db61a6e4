import {
  documentOperations,
  integer,
  list,
  literal,
  object,
  oneOf,
  operations,
  optional,
  text,
} from '@rinha/openapi'

const nodes = list(text(), { description: 'The API nodes that are connected.' })

const standby = object(
  {
    leader: text({
      description: 'Where API nodes reach the leader that was heard of last; empty: none was.',
    }),
    leaderEpoch: integer({ description: 'Its epoch.' }),
    sequence: integer({ description: 'The last record of the log that this standby has applied.' }),
    lagCount: integer({ description: 'How many records of the leader it has not applied yet.' }),
    paymentCount: integer({ description: 'The payments in its ledger.' }),
  },
  { description: 'Of a coordinator that follows another one.' },
)

export const healthOperations = operations({
  getHealth: {
    method: 'GET',
    path: '/health',
    role: 'open',
    tag: 'health',
    summary: 'Whether the process works',
    description:
      'To start it anew would not help where the journal fails: it goes on by itself when the disk does.',
    answers: {
      200: {
        description: 'It works.',
        json: object({ status: oneOf(['ok', 'standby']), nodes, standby: optional(standby) }),
      },
      503: {
        description: 'The journal fails: nothing is acknowledged or sent.',
        json: object({
          status: literal('the journal fails'),
          journal: object({ code: text(), words: text() }),
          nodes,
        }),
      },
    },
    problems: [],
  },
  getReady: {
    method: 'GET',
    path: '/ready',
    role: 'open',
    tag: 'health',
    summary: 'Whether payments are taken',
    answers: {
      200: { description: 'Payments are taken.', json: object({ status: literal('ready'), nodes }) },
    },
    problems: ['unavailable'],
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    role: 'viewer',
    tag: 'health',
    summary: 'Metrics in the text format of Prometheus',
    answers: { 200: { description: 'Metrics.', text: 'text/plain; version=0.0.4; charset=utf-8' } },
    problems: [],
  },
  ...documentOperations,
})
