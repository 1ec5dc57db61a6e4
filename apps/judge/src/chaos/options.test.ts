import { printOptions } from '@rinha/settings'
import { describe, expect, test } from 'vitest'
import { chaos } from './command.ts'
import { chaosFlags, chaosOptions } from './options.ts'

function parse(...argv: string[]) {
  const parsed = chaos.parse(argv)
  if (parsed === 'help' || !parsed.ok) throw new Error(`not accepted: ${argv}`)
  return parsed.value
}

describe('the options of chaos', () => {
  test('have defaults, and a seed by chance', () => {
    expect(chaosOptions(parse(), 99)).toEqual({
      lengthMs: 60_000,
      everyMs: 3000,
      seed: 99,
      level: undefined,
      clientCount: 50,
      hasJournal: true,
      spared: [],
    })
    expect(parse().keep).toBeUndefined()
  })

  const all = '--minutes 2.5 --every 0.5 --seed 7 --vus 3 --level journaled --spare nodes --keep here'

  test('can all be given', () => {
    expect(chaosOptions(parse(...all.split(' ')), 99)).toEqual({
      lengthMs: 150_000,
      everyMs: 500,
      seed: 7,
      level: 'journaled',
      clientCount: 3,
      hasJournal: true,
      spared: ['api1', 'api2'],
    })
  })

  test('are printed as they would be typed', () => {
    expect(printOptions(chaosFlags, parse(...all.split(' ')))).toBe(all)
  })

  test.each([
    ['--minutes', '0'],
    ['--minutes', '601'],
    ['--minutes', 'x'],
    ['--every', '0.1'],
    ['--seed', '-1'],
    ['--seed', '1.5'],
    ['--vus', '0'],
    ['--vus', '501'],
    ['--level', 'settled'],
    ['--spare', 'toString'],
    ['--keep', ''],
  ])('are refused where they are wrong: %s %s', (name, value) => {
    expect(chaos.parse([`${name}=${value}`])).toEqual({
      ok: false,
      error: [expect.stringMatching(`^${name} .* is not allowed: `)],
    })
  })
})
