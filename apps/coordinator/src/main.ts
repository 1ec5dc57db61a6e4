import { runService } from '@rinha/service'
import { coordinatorSchema } from './settings.ts'

await runService({
  name: 'coordinator',
  description:
    'The coordinator: takes payments from the API nodes over the channel, decides which processor gets each and when,\n' +
    'and keeps the ledger.',
  schema: coordinatorSchema,
  start: async (...given) => (await import('./shards/start-shards.ts')).startShards(...given),
})
