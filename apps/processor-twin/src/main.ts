import { runService } from '@rinha/service'
import { twinOptions, twinSchema } from './settings.ts'
import { startTwin } from './twin.ts'

await runService({
  name: 'processor-twin',
  description: 'A payment processor, simulated. Start it twice: once for each processor of the challenge.',
  schema: twinSchema,
  start: async (settings, log) => {
    const twin = await startTwin(twinOptions(settings))
    log.info({ processor: settings.PROCESSOR_NAME, feeBps: settings.FEE }, 'processor simulated')
    return { addresses: { http: `http://localhost:${twin.port}` }, stop: () => twin.close() }
  },
})
