import type { sendingOperations } from '@rinha/admin-api'
import type { Sending } from '@rinha/engine'
import type { Answer, Handlers } from '@rinha/openapi'
import type { AdminSources } from './handlers.ts'
import { inTurn } from './in-turn.ts'

type Operations = typeof sendingOperations

/** Pauses, drains and resumes processors. The audit log has how all of them stand after each change: a start restores that. */
export function sendingHandlers({
  coordinator,
  audit,
}: Pick<AdminSources, 'coordinator' | 'audit'>): Handlers<Operations> {
  const run = inTurn()
  const operate = (sending: Sending, processor: string | undefined, who: string) =>
    run<Answer<Operations['pause']>>(async () => {
      const judged = coordinator.judgeSending(sending, processor)
      if (!judged.ok) return { problem: 'not-found', detail: judged.error.detail }
      const { changed, before, after } = judged.value
      const which = processor === undefined ? {} : { which: processor }
      if (changed.length > 0) await audit.record({ who, what: 'sending', ...which, before, after })
      coordinator.operate(sending, processor)
      const processors = Object.entries(after).map(([name, sending]) => ({
        name,
        paused: sending === 'paused',
        draining: sending === 'draining',
      }))
      return { status: 200, body: { processors } }
    })
  return {
    pause: ({ body: { processor }, who }) => operate('paused', processor, who),
    drain: ({ body: { processor }, who }) => operate('draining', processor, who),
    resume: ({ body: { processor }, who }) => operate('on', processor, who),
  }
}
