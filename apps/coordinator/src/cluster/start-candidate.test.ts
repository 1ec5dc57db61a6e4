import { parseSettings } from '@rinha/settings'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startCoordinator } from '../coordinator.ts'
import { coordinatorSchema } from '../settings.ts'

test('where no server of the log can be reached, the start says which were asked', async () => {
  const environment = { LOG_SERVERS: 'nats://127.0.0.1:1', CHANNEL_PORT: '0', ADMIN_PORT: '0' }
  const settings = parseSettings(coordinatorSchema, environment)
  if (!settings.ok) throw new Error(settings.error.join('\n'))
  await expect(startCoordinator(settings.value, pino({ level: 'silent' }))).rejects.toThrow(
    /LOG_NAME=payments cannot be opened at LOG_SERVERS \(127\.0\.0\.1:1\)/,
  )
})
