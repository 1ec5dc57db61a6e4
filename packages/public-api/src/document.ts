import { openApiDocument } from '@rinha/openapi'
import { publicOperations } from './operations.ts'

/** The answer of an API node to `GET /openapi.json`. */
export const publicDocument: object = openApiDocument(
  {
    title: 'Payments',
    version: '1',
    description:
      'Takes payments, and has them processed once each by the processor that keeps least of them. Every error is problem ' +
      'details (RFC 9457), and a page about its kind stands at its type.',
    security: {
      key: { type: 'http', scheme: 'bearer', description: 'Only where the node has API_KEYS_FILE.' },
    },
    everywhere: [],
  },
  publicOperations,
)
