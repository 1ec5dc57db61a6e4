import { type attentionOperations, pageLimitDefault } from '@rinha/admin-api'
import type { Handlers } from '@rinha/openapi'
import { problemKinds } from '@rinha/openapi/problems'
import type { AdminSources } from './handlers.ts'
import { staleCursor } from './lists.ts'
import { orderer } from './payments.ts'

export function attentionHandlers(
  sources: Pick<AdminSources, 'coordinator' | 'audit'>,
): Handlers<typeof attentionOperations> {
  const order = orderer(sources)
  return {
    getAttention: ({ query: { cursor, limit = pageLimitDefault } }) => {
      const page = sources.coordinator.attentionPage({ cursor, limitCount: limit })
      return page.ok ? { status: 200, body: page.value } : staleCursor
    },
    resolveAttention: async ({ body: { payments }, who }) => {
      const results = []
      for (const { id, ...ending } of payments) {
        const answer = await order('resolve', id, ending, who)
        results.push(
          'problem' in answer
            ? {
                id,
                result: 'refused' as const,
                status: problemKinds[answer.problem].status,
                detail: answer.detail,
              }
            : { id, result: 'done' as const, state: answer.body.state },
        )
      }
      return { status: 200, body: { results } }
    },
  }
}
