import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { outcomeOf, temporaryDirectory } from '@rinha/testing'
import { expect, test } from 'vitest'
import { lab as command } from './command.ts'

const lab = (...argv: readonly string[]) => outcomeOf(command, ...argv)

/** A seed with two of the smallest schedules. */
const small = '--only random --schedules 1 --seed 13384 --policies default-first,patient'.split(' ')

test('the command prints a table for each set, with a row for each policy, and a hash that is the same for any number of workers', async () => {
  const [alone, together] = [await lab(...small, '--workers', '1'), await lab(...small, '--workers', '2')]
  expect([alone.code, together.code]).toEqual([0, 0])
  const tablesOf = (stdout: string) => stdout.slice(0, stdout.indexOf('4 runs,'))
  expect(tablesOf(alone.stdout)).toContain('the tuning set: 1 for each policy')
  expect(tablesOf(alone.stdout).match(/^(default-first|patient) /gm)).toHaveLength(4)
  expect(tablesOf(together.stdout)).toBe(tablesOf(alone.stdout))
  const hashOf = (stdout: string) => /Trace hash [0-9a-f]{16}/.exec(stdout)?.[0]
  expect(hashOf(alone.stdout)).toBeDefined()
  expect(hashOf(together.stdout)).toBe(hashOf(alone.stdout))
})

test('the command writes the plot, and changes only its own part of the page', async () => {
  const directory = temporaryDirectory()
  const page = join(directory, 'policy-laboratory.md')
  const run = () => lab(...small, '--workers', '1', '--out', directory)
  await run()
  const written = await readFile(page, 'utf8')
  expect(written).toMatch(/^# Policy laboratory\n/)
  expect(written).toMatch(/^Played on \d{4}-\d\d-\d\d\.$/m)
  await writeFile(page, `before\n${written}after\n`)
  await run()
  const again = await readFile(page, 'utf8')
  expect(again).toMatch(/^before\n# Policy/)
  expect(again).toMatch(/\nafter\n$/)
  expect(again.match(/Trace hash/g)).toHaveLength(1)
  const plot = await readFile(join(directory, 'policy-laboratory.svg'), 'utf8')
  expect(plot).toContain('>patient</text>')
  expect(plot.match(/<circle/g)).toHaveLength(2 + 4)
})

test('a wrong option is told on stderr, with exit code 2', async () => {
  const { code, stdout, stderr } = await lab('--policies', 'nobody')
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('nobody')
  expect(stderr).toContain('--help')
})
