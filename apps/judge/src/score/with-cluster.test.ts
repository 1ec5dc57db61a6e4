import { createServer } from 'node:net'
import { StartProblem } from '@rinha/service'
import { listen } from '@rinha/testing'
import { expect, test } from 'vitest'
import { officialSchedules } from './official-schedules.ts'
import { withCluster } from './with-cluster.ts'

const origins = {
  backend: 'http://localhost:9999',
  default: 'http://localhost:8001',
  fallback: 'http://localhost:8002',
}

test('a cluster that cannot start is told, and nothing is played', async () => {
  const port = await listen(createServer(), '0.0.0.0')
  const signalCount = process.listenerCount('SIGINT')
  let isPlayed = false
  const played = withCluster(
    { ...origins, default: `http://localhost:${port}` },
    officialSchedules.preview,
    async () => {
      isPlayed = true
    },
  )
  await expect(played).rejects.toThrow(StartProblem)
  await expect(played).rejects.toThrow(`port ${port} (the default processor) is taken`)
  expect(isPlayed).toBe(false)
  expect(process.listenerCount('SIGINT')).toBe(signalCount)
})
