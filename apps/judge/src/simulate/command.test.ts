import { outcomeOf } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import { simulate } from './command.ts'

const said = (...argv: readonly string[]) => outcomeOf(simulate, ...argv)

const hashOf = (stdout: string) => /trace hash +([0-9a-f]{8})/.exec(stdout)?.[1]

describe('the command simulate', () => {
  test('says first what it plays, and then the results; the same seeds are the same runs with any number of players', async () => {
    const options = ['--seeds', '3', '--minutes', '0.02']
    const one = await said(...options, '--workers', '1')
    const two = await said(...options, '--workers', '2')
    expect([one.code, two.code]).toEqual([0, 0])
    expect(one.stdout).toMatch(/^simulate --seed 1 --seeds 3 --minutes 0.02 --workers 1\n/)
    expect(one.stdout).toMatch(/\nviolations +0\n$/)
    expect(hashOf(one.stdout)).toBeDefined()
    expect(hashOf(two.stdout)).toBe(hashOf(one.stdout))
  })

  test('another seed is another run', async () => {
    const options = ['--seeds', '1', '--minutes', '0.02', '--workers', '1']
    expect(hashOf((await said(...options)).stdout)).not.toBe(
      hashOf((await said(...options, '--seed', '2')).stdout),
    )
  })

  test('with crashes it says which payments are not counted', async () => {
    const { stdout } = await said('--seeds', '1', '--minutes', '0.02', '--crashes')
    expect(stdout).toContain('not counted as violations')
  })

  test('a wrong option ends with 2, and no seed is played', async () => {
    expect(await said('--seeds', '0')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--seeds "0" is not allowed: a whole number from 1 to 10000000'),
    })
  })
})
