import { documentOperations, list, literal, object, operations, text } from '@rinha/openapi'

const nodes = list(text(), { description: 'The API nodes that are connected.' })

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
      200: { description: 'It works.', json: object({ status: literal('ok'), nodes }) },
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
