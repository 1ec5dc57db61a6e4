import { openApiDocument } from '@rinha/openapi'
import { adminOperations } from './operations.ts'

/** What `GET /openapi.json` of the admin port answers. */
export const adminDocument: object = openApiDocument(
  {
    title: 'Admin API of the payment coordinator',
    version: '1',
    description: 'How the cluster stands, and what an operator can do about it.',
    security: { token: { type: 'http', scheme: 'bearer' } },
  },
  adminOperations,
)
