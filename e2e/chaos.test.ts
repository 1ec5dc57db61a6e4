import process from 'node:process'
import { expect, test } from 'vitest'
import { judgePath, Program } from './testing/cluster-process.ts'

test('a quarter of a minute of chaos loses nothing that was promised and pays nothing twice', async () => {
  const options = ['--minutes', '0.25', '--every', '1.2', '--seed', '5', '--vus', '60']
  const program = new Program(process.execPath, [judgePath, 'chaos', ...options])
  expect(await program.exit, program.output).toBe(0)
  const killCount = [...program.output.matchAll(/^ {2}(?:kill|restart|pause)[^\n]* (\d+)$/gm)]
  expect(killCount.length, program.output).toBeGreaterThan(0)
  const rules = [...program.output.matchAll(/(PASS|FAIL)$/gm)].map(([, result]) => result)
  expect(rules.length).toBeGreaterThanOrEqual(10)
  expect(new Set(rules)).toEqual(new Set(['PASS']))
  const acknowledged = /acknowledged: ([\d,]+)/.exec(program.output)?.[1]?.replaceAll(',', '')
  expect(Number(acknowledged)).toBeGreaterThan(500)
}, 120_000)
