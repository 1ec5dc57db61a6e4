import { runService } from '@rinha/service'
import { twinOptions, twinSchema } from './settings.ts'

await runService({
  name: 'processor-twin',
  description: 'A payment processor, simulated. Start it twice: once for each processor of the challenge.',
  schema: twinSchema,
  start: async (settings, log) => {
    const { startTwin } = await import('./twin.ts')
    const twin = await startTwin(twinOptions(settings))
    log.info({ processor: settings.PROCESSOR_NAME, feeBps: settings.FEE }, 'processor simulated')
    return { addresses: { http: `http://localhost:${twin.port}` }, stop: () => twin.close() }
  },
})
