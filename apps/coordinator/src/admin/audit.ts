import { type auditOperations, pageLimitDefault } from '@rinha/admin-api'
import type { Handlers } from '@rinha/openapi'
import type { AuditLog } from './audit-log.ts'

export function auditHandlers(audit: AuditLog): Handlers<typeof auditOperations> {
  return {
    getAudit: ({ query: { cursor, limit = pageLimitDefault, what } }) => {
      const beforeSeq = cursor === undefined ? undefined : Number(cursor)
      const found = audit.page(limit + 1, beforeSeq, what)
      const entries = found.slice(0, limit)
      const nextCursor = found.length > limit ? `${entries.at(-1)?.seq}` : null
      return { status: 200, body: { entries, nextCursor } }
    },
  }
}
