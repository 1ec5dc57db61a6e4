import { describe, expect, test } from 'vitest'
import { parseChaosOptions, printChaosOptions } from './options.ts'

const parse = (...argv: string[]) => parseChaosOptions(argv, 99)

describe('the options of chaos', () => {
  test('have defaults, and a seed by chance', () => {
    expect(parse()).toEqual({
      ok: true,
      value: {
        lengthMs: 60_000,
        everyMs: 3000,
        seed: 99,
        level: undefined,
        vusCount: 50,
        spared: [],
        keepDirectory: undefined,
      },
    })
    expect(parse('--help')).toEqual({ ok: true, value: 'help' })
  })

  const all = '--minutes 2.5 --every 0.5 --seed 7 --vus 3 --level journaled --spare nodes'.split(' ')

  test('can all be given', () => {
    expect(parse(...all, '--keep', 'here')).toEqual({
      ok: true,
      value: {
        lengthMs: 150_000,
        everyMs: 500,
        seed: 7,
        level: 'journaled',
        vusCount: 3,
        spared: ['api1', 'api2'],
        keepDirectory: 'here',
      },
    })
  })

  test('are printed as they would be typed, and read back the same', () => {
    const parsed = parse(...all)
    if (!parsed.ok || parsed.value === 'help') throw new Error('no options')
    expect(printChaosOptions(parsed.value)).toBe(all.join(' '))
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
    const parsed = parse(`${name}=${value}`)
    expect(parsed).toEqual({ ok: false, error: [expect.stringMatching(`^${name} .* is not allowed: `)] })
  })

  test('are told all at once, and an unknown one with those there are', () => {
    expect(parse('--vus=0', '--level=x')).toMatchObject({ ok: false, error: { length: 2 } })
    expect(parse('--nonsense')).toEqual({ ok: false, error: [expect.stringMatching(/--minutes, --every/)] })
  })
})
