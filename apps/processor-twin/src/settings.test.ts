import { parseSettings } from '@rinha/settings'
import { expect, test } from 'vitest'
import { twinDefaults } from './options.ts'
import { twinOptions, twinSchema } from './settings.ts'

test('without variables a twin has the real numbers', () => {
  const settings = parseSettings(twinSchema, {})
  expect(settings.ok && twinOptions(settings.value)).toEqual(twinDefaults)
})

test('every fee the setting allows is taken by its digits, and others stop the start', () => {
  for (const [fee, feeBps] of Object.entries({
    '0.15': 1500,
    '.07': 700,
    '1': 10_000,
    '1.0': 10_000,
    '0': 0,
  })) {
    const settings = parseSettings(twinSchema, { FEE: fee })
    expect(settings.ok && twinOptions(settings.value).feeBps).toBe(feeBps)
  }
  for (const fee of ['', '5', '1.5', '0.00001', '-0.05', '5%', '0,05']) {
    expect(parseSettings(twinSchema, { FEE: fee }).ok).toBe(false)
  }
})

test('npm start gives its environment to the processors, too: what bounds the coordinator’s memory is not one of theirs', () => {
  expect(twinSchema).not.toHaveProperty('PAYMENT_COUNT_MAX')
})
