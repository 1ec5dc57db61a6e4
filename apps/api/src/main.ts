import { runService } from '@rinha/service'
import { startApi } from './api.ts'
import { apiSchema } from './settings.ts'

await runService({
  name: 'api',
  description: 'The API node: takes payments over HTTP and delivers them to the coordinator.',
  schema: apiSchema,
  start: startApi,
})
