import { parseSettings, printSettingsHelp } from '@rinha/settings'
import { expect, test } from 'vitest'
import { type ApiSettings, apiSchema, settingsProblem } from './settings.ts'

test.each([
  ['PORT', '65536'],
  ['NODE_NAME', 'no spaces'],
  ['CHANNEL_SECRET', 'fifteen letters'],
  ['BODY_BYTES_MAX', '127'],
])('%s=%s is refused', (name, value) => {
  const parsed = parseSettings(apiSchema, { [name]: value })
  expect(parsed).toEqual({ ok: false, error: [expect.stringContaining(name)] })
})

test('the settings have their defaults, and the help does not show the secret', () => {
  const parsed = parseSettings(apiSchema, {})
  expect(parsed).toMatchObject({
    ok: true,
    value: { PORT: 9999, BODY_BYTES_MAX: 4096 },
  })
  expect(printSettingsHelp('', apiSchema)).not.toContain(apiSchema.CHANNEL_SECRET.fallback)
})

test('settings that contradict each other are told by name', () => {
  const parsed = parseSettings(apiSchema, {})
  expect(parsed.ok).toBe(true)
  const settings = (parsed.ok ? parsed.value : {}) as ApiSettings
  expect(settingsProblem(settings)).toBeUndefined()
  expect(settingsProblem({ ...settings, RECONNECT_MS_MIN: 2000 })).toContain('RECONNECT_MS_MAX')
  expect(settingsProblem({ ...settings, NODE_PORT: settings.PORT })).toContain('NODE_PORT')
})

test('there are as many groups of coordinators as shards', () => {
  const problemOf = (values: Record<string, string>) => {
    const parsed = parseSettings(apiSchema, values)
    return parsed.ok ? settingsProblem(parsed.value) : parsed.error.join()
  }
  const two = { COORDINATORS: 'a:9400,b:9400;a:9401,b:9401' }
  expect(problemOf({ SHARDS: '2', ...two })).toBeUndefined()
  expect(problemOf({ COORDINATORS: 'a:9400,b:9400' })).toBeUndefined()
  expect(problemOf(two)).toMatch(/SHARDS is 1, and COORDINATORS has the coordinators of 2/)
  expect(problemOf({ SHARDS: '4', ...two })).toMatch(
    /SHARDS is 4, and COORDINATORS has the coordinators of 2/,
  )
  expect(problemOf({ SHARDS: '4' })).toMatch(/SHARDS is 4, and COORDINATORS/)
  expect(problemOf({ SHARDS: '65' })).toContain('SHARDS')
  expect(problemOf({ SHARDS: '2', ...two, BUFFER_COUNT_MAX: '1' })).toMatch(/BUFFER_COUNT_MAX.*SHARDS/)
})
