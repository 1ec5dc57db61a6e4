import { expect, test } from 'vitest'
import {
  basisPoints,
  choice,
  flag,
  integer,
  origin,
  parseSettings,
  printSettingsHelp,
  strayArguments,
  text,
} from './index.ts'

const schema = {
  PORT: integer({ fallback: 9999, min: 1, max: 65_535, help: 'The port to listen on.' }),
  PURGE_ALLOWED: flag({ fallback: false, help: 'Whether a purge is allowed.' }),
  POLICY: choice({ fallback: 'patient', words: ['patient', 'default-first'], help: 'The rule.' }),
  PROCESSOR_URL: origin({ fallback: 'http://localhost:8001', help: 'Where it is.' }),
  SECRET: text({
    fallback: 'swordfish',
    secret: true,
    pattern: /^.{8,}$/,
    allowed: 'at least 8 characters',
    help: 'Shared.',
  }),
}

test('without variables every setting has its default', () => {
  expect(parseSettings(schema, {})).toEqual({
    ok: true,
    value: {
      PORT: 9999,
      PURGE_ALLOWED: false,
      POLICY: 'patient',
      PROCESSOR_URL: 'http://localhost:8001',
      SECRET: 'swordfish',
    },
  })
})

test('allowed values are taken in their types', () => {
  const environment = {
    PORT: '80',
    PURGE_ALLOWED: 'true',
    POLICY: 'default-first',
    PROCESSOR_URL: 'http://a:1/',
  }
  expect(parseSettings(schema, environment)).toMatchObject({
    ok: true,
    value: { PORT: 80, PURGE_ALLOWED: true, POLICY: 'default-first', PROCESSOR_URL: 'http://a:1' },
  })
})

test.each([
  ['PORT', ''],
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '12.5'],
  ['PORT', '0x50'],
  ['PORT', ' 80'],
  ['PURGE_ALLOWED', 'yes'],
  ['POLICY', 'Patient'],
  ['PROCESSOR_URL', 'localhost:8001'],
  ['PROCESSOR_URL', 'http://localhost:8001/payments'],
  ['PROCESSOR_URL', 'ftp://localhost'],
])('%s=%j is refused with its name, its value and what is allowed', (name, value) => {
  const parsed = parseSettings(schema, { [name]: value })
  expect(parsed.ok).toBe(false)
  if (parsed.ok) return
  expect(parsed.error).toHaveLength(1)
  expect(parsed.error[0]).toContain(`${name}=${JSON.stringify(value)} is not allowed: `)
})

const cluster = {
  ...schema,
  JOURNAL_DIR: text({ fallback: '', help: '' }),
  BUFFER_AGE_MS_MAX: integer({ fallback: 1, min: 0, max: 9, help: '' }),
}

test.each([
  ['POLCY', 'POLICY'],
  ['POLICYY', 'POLICY'],
  ['PLOICY', 'POLICY'],
  ['PROT', 'PORT'],
  ['JOURNALDIR', 'JOURNAL_DIR'],
  ['JOURNAL_DIRS', 'JOURNAL_DIR'],
  ['journal_dir', 'JOURNAL_DIR'],
  ['Journal_Dri', 'JOURNAL_DIR'],
  ['BUFER_AGE_MS_MXA', 'BUFFER_AGE_MS_MAX'],
  ['PURGE_ALOWED', 'PURGE_ALLOWED'],
])('%s is refused: %s was meant', (name, meant) => {
  expect(parseSettings(cluster, { [name]: 'x', PORT: '80' })).toEqual({
    ok: false,
    error: [`there is no variable ${name}: did you mean ${meant}?`],
  })
})

test('variables of other programs are ignored', () => {
  const names =
    'PATH HOME HOSTNAME HOST PWD OLDPWD USER LANG TERM SHELL SHLVL TZ LOGNAME PS1 _ SORT POST PORTS PART policy SECRETS_DIR ' +
    'NODE_ENV NODE_PATH NODE_OPTIONS JOURNAL_STREAM BUFFER_AGE npm_config_cache npm_lifecycle_event PROCESSOR_LEVEL ' +
    'KUBERNETES_PORT POLICYKIT_DIR ProgramFiles(x86) AGE_MS_MAX'
  const environment = Object.fromEntries(names.split(' ').map(name => [name, 'x']))
  expect(parseSettings(cluster, environment)).toMatchObject({ ok: true })
  expect(parseSettings(cluster, { POLCY: undefined })).toMatchObject({ ok: true })
})

test('an option given to a program that reads variables is refused with the name of the variable', () => {
  expect(strayArguments(cluster, ['--journal-dir=/secret', '--polcy', 'now'])).toEqual([
    'there is no --journal-dir: settings are environment variables; did you mean JOURNAL_DIR=…?',
    'there is no --polcy: settings are environment variables; did you mean POLICY=…?',
    'there is no now: settings are environment variables; --help shows them',
  ])
})

test('every wrong variable is told at once, and a secret is never shown', () => {
  const parsed = parseSettings(schema, { PORT: 'x', SECRET: 'short' })
  expect(parsed).toEqual({
    ok: false,
    error: [
      'PORT="x" is not allowed: a whole number from 1 to 65535',
      'SECRET=(secret) is not allowed: at least 8 characters',
    ],
  })
  expect(printSettingsHelp('title', schema)).not.toContain('swordfish')
})

test('a part of one is taken by its digits, as basis points', () => {
  const fee = basisPoints({ fallback: 500, help: 'The fee.' })
  const given = { '0.05': 500, '.15': 1500, '0.07': 700, '1': 10_000, '0': 0, '0.0001': 1, '1.0000': 10_000 }
  for (const [text, bps] of Object.entries(given)) expect(fee.parse(text)).toBe(bps)
  for (const text of ['', '.', '1.01', '5', '0.00001', '-0.05', '5%', '0,05'])
    expect(fee.parse(text)).toBeUndefined()
  expect(printSettingsHelp('title', { FEE: fee })).toContain('  FEE=0.05\n')
})

test('help names every variable with default, meaning and range', () => {
  const help = printSettingsHelp('The API node.', schema)
  expect(help).toContain('The API node.')
  expect(help).toContain(
    '  PORT=9999\n      The port to listen on.\n      Allowed: a whole number from 1 to 65535.',
  )
  expect(help).toContain('  PURGE_ALLOWED=false')
})
