import { join } from 'node:path'
import { parseSettings } from '@rinha/settings'
import { temporaryDirectory } from '@rinha/testing'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startCoordinator } from '../coordinator.ts'
import { coordinatorSchema } from '../settings.ts'

/** A start without servers, which is told to stop when it has said that it waits. */
async function start(environment: Readonly<Record<string, string>> = {}) {
  const settings = parseSettings(coordinatorSchema, {
    ...{ LOG_SERVERS: 'nats://127.0.0.1:1', CHANNEL_PORT: '0', ADMIN_PORT: '0' },
    ...environment,
  })
  if (!settings.ok) throw new Error(settings.error.join('\n'))
  const stop = new AbortController()
  const lines: string[] = []
  const log = pino({
    hooks: {
      logMethod: (given, _method, level) => {
        if (level === pino.levels.values.warn) lines.push(String(given[1]))
        stop.abort()
      },
    },
  })
  const error = await startCoordinator(settings.value, log, stop.signal).then(
    () => expect.fail('it has started'),
    (error: Error) => error,
  )
  return { lines, error }
}

test('where no server of the log can be reached, the start says which were asked, and tries again until it is told to stop', async () => {
  const { lines, error } = await start()
  expect(error).toMatchObject({ name: 'StartProblem' })
  const words = 'the log LOG_NAME=payments cannot be opened at LOG_SERVERS (127.0.0.1:1)'
  expect(error.message).toBe(`${words}: connection refused`)
  expect(lines).toEqual([`${words}, and is tried again: connection refused`])
})

test('a file of credentials that cannot be read ends the start at once, and is named', async () => {
  const path = join(temporaryDirectory(), 'creds')
  const { lines, error } = await start({ LOG_CREDENTIALS_FILE: path })
  expect(error.message).toMatch(`LOG_CREDENTIALS_FILE=${path}: ENOENT`)
  expect(lines).toEqual([])
})
