import { readFileSync } from 'node:fs'
import { parseSettings } from '@rinha/settings'
import { expect, test } from 'vitest'
import { coordinatorSchema, settingsProblem } from './settings.ts'

function problemOf(environment: Record<string, string>): string | undefined {
  const settings = parseSettings(coordinatorSchema, environment)
  if (!settings.ok) throw new Error(settings.error.join('\n'))
  return settingsProblem(settings.value)
}

/** The secret that docker-compose.yml has as a default. */
const compose = readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')
const published = /CHANNEL_SECRET:-([^}]+)}/.exec(compose)?.[1] ?? ''
const own = 'a secret of an operator'

test.each([
  [{}],
  [{ CHANNEL_HOST: 'localhost' }],
  [{ CHANNEL_HOST: '127.0.0.53', CHANNEL_SECRET: published }],
  [{ CHANNEL_HOST: '::1' }],
  [{ CHANNEL_HOST: '0.0.0.0', CHANNEL_SECRET: own }],
  [{ CHANNEL_HOST: 'coordinator-channel', CHANNEL_SECRET: own }],
  [{ CHANNEL_HOST: 'coordinator-channel', CHANNEL_SECRET: published, CHANNEL_INTERNAL: 'true' }],
  [{ CHANNEL_HOST: '172.20.0.2', CHANNEL_INTERNAL: 'true' }],
])('%j starts', environment => {
  expect(problemOf(environment)).toBeUndefined()
})

test.each([
  [{ CHANNEL_HOST: '0.0.0.0' }],
  [{ CHANNEL_HOST: '0.0.0.0', CHANNEL_SECRET: published }],
  [{ CHANNEL_HOST: '10.0.0.1' }],
  [{ CHANNEL_HOST: 'coordinator-channel', CHANNEL_SECRET: published }],
  [{ CHANNEL_HOST: '127.0.0.1.example.org' }],
  [{ CHANNEL_HOST: '0.0.0.0', CHANNEL_INTERNAL: 'true' }],
  [{ CHANNEL_HOST: '::', CHANNEL_INTERNAL: 'true' }],
  [{ CHANNEL_HOST: '0', CHANNEL_INTERNAL: 'true' }],
])('%j is refused, naming CHANNEL_SECRET', environment => {
  expect(problemOf(environment)).toMatch(/^CHANNEL_SECRET .*CHANNEL_HOST=.*CHANNEL_INTERNAL=true$/)
})

const LOG_SERVERS = 'nats://a:4222,nats://b:4222,nats://c:4222'

test('a replicated log needs an address that nodes can be told', () => {
  expect(problemOf({ LOG_SERVERS })).toBeUndefined()
  const everywhere = { LOG_SERVERS, CHANNEL_HOST: '0.0.0.0', CHANNEL_SECRET: own }
  expect(problemOf(everywhere)).toMatch(/CHANNEL_HOST=0\.0\.0\.0.*set CHANNEL_ADDRESS/)
  expect(problemOf({ ...everywhere, CHANNEL_ADDRESS: 'coordinator-1:9400' })).toBeUndefined()
})

test.each([
  [{ LOG_SERVERS, JOURNAL_DIR: '/journal' }, /^LOG_SERVERS and JOURNAL_DIR/],
  [{ LOG_SERVERS: 'nats://user:secret@a', LOG_CREDENTIALS_FILE: '/creds' }, /^LOG_SERVERS has a user/],
  [{ LOG_CREDENTIALS_FILE: '/creds' }, /LOG_SERVERS/],
  [{ CHANNEL_ADDRESS: 'a:9400' }, /LOG_SERVERS/],
])('%j do not go together', (environment, words) => {
  expect(problemOf(environment)).toMatch(words)
})
