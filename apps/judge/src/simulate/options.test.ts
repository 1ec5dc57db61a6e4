import { describe, expect, test } from 'vitest'
import { parseSimulateOptions, printOptions } from './options.ts'

const parse = (...argv: string[]) => parseSimulateOptions(argv, 2)

describe('the options of simulate', () => {
  test('have defaults, and as many threads as cores', () => {
    expect(parse()).toEqual({
      ok: true,
      value: {
        seedCount: 100,
        firstSeed: 1,
        minutes: undefined,
        paymentCountMax: undefined,
        crashes: false,
        mutant: undefined,
        workerCount: 2,
      },
    })
  })

  test('can all be given', () => {
    const argv = '--seeds 7 --seed 3 --minutes 0.5 --payments 9 --crashes --mutant polls --workers 1'.split(
      ' ',
    )
    expect(parse(...argv)).toMatchObject({
      ok: true,
      value: {
        seedCount: 7,
        firstSeed: 3,
        minutes: 0.5,
        paymentCountMax: 9,
        crashes: true,
        mutant: 'polls',
        workerCount: 1,
      },
    })
  })

  test.each([
    [['--seeds', '0']],
    [['--seeds', '1.5']],
    [['--seed', '-1']],
    [['--minutes', '0']],
    [['--minutes', 'x']],
    [['--workers', '1000']],
    [['--nonsense']],
    [['7']],
  ])('are refused where they are wrong: %j', argv => {
    expect(parse(...argv).ok).toBe(false)
  })

  test('are told all at once', () => {
    const problem = parse('--seeds', '0', '--minutes', '0')
    expect(problem.ok ? '' : problem.error).toMatch(/--seeds 0 .*\n--minutes 0 /)
  })

  test('are printed as they would be typed, and read back the same', () => {
    const words = printOptions({
      seedCount: 1,
      firstSeed: 23,
      minutes: 0.2,
      paymentCountMax: 5,
      crashes: true,
    })
    expect(words).toBe('--seed 23 --seeds 1 --minutes 0.2 --payments 5 --crashes')
    expect(parse(...words.split(' '))).toMatchObject({
      value: { firstSeed: 23, minutes: 0.2, paymentCountMax: 5 },
    })
  })
})
