import { choice, integer, required, text } from '@rinha/settings'
import { outcomeOf } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import { command, StartProblem, UsageProblem } from './index.ts'

const bake = command({
  name: 'bake',
  summary: 'bakes',
  typed: 'npm run bake --',
  about: 'Bakes something.',
  words: { what: required(choice({ words: ['bread', 'cake'], valueName: 'WHAT', help: 'what to bake' })) },
  options: {
    minutes: integer({ fallback: 30, min: 1, max: 90, help: 'how long' }),
    topping: text({ help: 'what goes on top' }),
  },
  notes: 'Exit code: 0 it is baked.',
  work: async ({ what, minutes, topping }, output, complain) => {
    if (what === 'bread' && topping !== undefined)
      throw new UsageProblem('bread has no --topping', 'cake has one')
    if (minutes > 60) throw new StartProblem('the oven is broken')
    if (minutes === 13) throw new RangeError('a bug')
    if (minutes === 7) complain('it may be raw')
    output.stdout.write(`${what} for ${minutes} minutes\n`)
    return minutes === 7 ? 3 : 0
  },
})

const said = (...argv: readonly string[]) => outcomeOf(bake, ...argv)

describe('a command', () => {
  test('does its work with the options that were typed, and ends with its exit code', async () => {
    expect(await said('cake', '--minutes', '5')).toEqual({
      code: 0,
      stdout: 'cake for 5 minutes\n',
      stderr: '',
    })
    expect(await said('cake', '--minutes=7')).toMatchObject({ code: 3, stderr: 'bake: it may be raw\n' })
  })

  test('prints its help and ignores the other options', async () => {
    const { code, stdout, stderr } = await said('--minutes', '0', '--help')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(bake.help)
    expect(stdout).toMatch(
      /^Bakes something\.\n\nUsage: npm run bake -- WHAT \[options\]\n.*\nExit code: 0 it is baked\.\n$/s,
    )
  })

  test('says what is wrong with its command line, with its name on every line, and ends with 2', async () => {
    expect(await said('pie', '--minutes', '0')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'bake: WHAT "pie" is not allowed: one of bread, cake\n' +
        'bake: --minutes "0" is not allowed: a whole number from 1 to 90\n' +
        'bake: --help shows them all\n',
    })
  })

  test('says which options do not go together', async () => {
    expect(await said('bread', '--topping', 'sugar')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'bake: bread has no --topping\nbake: cake has one\nbake: --help shows them all\n',
    })
  })

  test('ends with 1 and the reason if it cannot go on', async () => {
    expect(await said('cake', '--minutes', '61')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'bake: the oven is broken\n',
    })
  })

  test('does not hide a bug', async () => {
    await expect(said('cake', '--minutes', '13')).rejects.toThrow(RangeError)
  })
})
