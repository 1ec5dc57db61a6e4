import type { processorOperations } from '@rinha/admin-api'
import type { Handlers } from '@rinha/openapi'
import type { AdminSources } from './handlers.ts'

export function processorHandlers({
  coordinator,
  live,
}: Pick<AdminSources, 'coordinator' | 'live'>): Handlers<typeof processorOperations> {
  return {
    getProcessors: () => {
      const lanes = coordinator.status().processors
      const processors = live.now.PROCESSORS.flatMap(({ name, origin, feeBps, fastMsMax }) => {
        const lane = lanes.find(lane => lane.name === name)
        if (lane === undefined) return []
        return [{ ...lane, origin, feeBps, fastMsMax }]
      })
      return { status: 200, body: { processors } }
    },
  }
}
