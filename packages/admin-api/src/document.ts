import { openApiDocument } from '@rinha/openapi'
import { adminOperations } from './operations.ts'

/** The answer of the admin port to `GET /openapi.json`. */
export const adminDocument: object = openApiDocument(
  {
    title: 'Admin API of the payment coordinator',
    version: '1',
    description: 'How the cluster stands, and what an operator can do about it.',
    security: { token: { type: 'http', scheme: 'bearer' } },
  },
  adminOperations,
)
