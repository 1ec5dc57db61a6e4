import { expect, test } from 'vitest'
import {
  basisPoints,
  choice,
  flag,
  integer,
  origin,
  parseSettings,
  printSettingsHelp,
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
