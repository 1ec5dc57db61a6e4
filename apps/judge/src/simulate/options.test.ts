import { availableParallelism } from 'node:os'
import { printOptions } from '@rinha/settings'
import { describe, expect, test } from 'vitest'
import { simulate } from './command.ts'
import { simulateOptions } from './options.ts'

const parse = (...argv: string[]) => simulate.parse(argv)

describe('the options of simulate', () => {
  test('have defaults, and as many threads as cores', () => {
    expect(parse()).toEqual({
      ok: true,
      value: {
        seeds: 100,
        seed: 1,
        minutes: undefined,
        payments: undefined,
        policy: undefined,
        crashes: false,
        replicated: false,
        shards: undefined,
        mutant: undefined,
        html: undefined,
        workers: Math.min(availableParallelism(), 64),
      },
    })
  })

  test('can all be given, are printed as they would be typed, and read back the same', () => {
    const said =
      '--seed 3 --seeds 7 --minutes 0.5 --payments 9 --crashes --replicated --shards 4 --policy patient --mutant polls --html run.html --workers 1'
    const parsed = parse(...said.split(' '))
    if (parsed === 'help' || !parsed.ok) throw new Error('not accepted')
    expect(parsed.value).toEqual({
      seeds: 7,
      seed: 3,
      minutes: 0.5,
      payments: 9,
      crashes: true,
      replicated: true,
      shards: 4,
      policy: 'patient',
      mutant: 'polls',
      html: 'run.html',
      workers: 1,
    })
    expect(printOptions(simulateOptions, parsed.value)).toBe(said)
  })

  test.each([
    [['--seeds', '0']],
    [['--seeds', '1.5']],
    [['--seed', '-1']],
    [['--minutes', '0']],
    [['--minutes', 'x']],
    [['--workers', '1000']],
    [['--shards', '1']],
    [['--nonsense']],
    [['7']],
  ])('are refused where they are wrong: %j', argv => {
    expect(parse(...argv)).toMatchObject({ ok: false })
  })
})
