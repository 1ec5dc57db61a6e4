import process from 'node:process'
import { expect, test } from 'vitest'
import { judgePath, Program } from './testing/cluster-process.ts'

test('a quarter of a minute of chaos loses nothing that was promised and pays nothing twice', async () => {
  const options = ['--minutes', '0.25', '--every', '0.5', '--seed', '1198', '--vus', '60']
  const program = new Program(process.execPath, [judgePath, 'chaos', ...options])
  expect(await program.exit, program.output).toBe(0)
  // This seed deals nearly every kind; a few are skipped because their target is busy.
  for (const kind of [
    'kill',
    'restart',
    'pause',
    'clock',
    'link',
    'processor gateway',
    'processor wrong way',
  ])
    expect(program.output).toMatch(new RegExp(`^  ${kind}.* \\d+$`, 'm'))
  const rules = [...program.output.matchAll(/(PASS|FAIL)$/gm)].map(([, result]) => result)
  expect(rules.length).toBeGreaterThanOrEqual(10)
  expect(new Set(rules)).toEqual(new Set(['PASS']))
  const acknowledged = /acknowledged: ([\d,]+)/.exec(program.output)?.[1]?.replaceAll(',', '')
  expect(Number(acknowledged)).toBeGreaterThan(500)
}, 120_000)
