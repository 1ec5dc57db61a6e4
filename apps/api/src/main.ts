import { runService } from '@rinha/service'
import { apiSchema } from './settings.ts'

await runService({
  name: 'api',
  description: 'The API node: takes payments over HTTP and delivers them to the coordinator.',
  schema: apiSchema,
  start: async (settings, log) => (await import('./api.ts')).startApi(settings, log),
})
