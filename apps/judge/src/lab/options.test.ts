import { candidateLabels } from '@rinha/simulator'
import { expect, test } from 'vitest'
import { lab } from './command.ts'
import { labOptions, officialDirectory } from './options.ts'

function options(...argv: readonly string[]) {
  const parsed = lab.parse(argv)
  if (parsed === 'help' || !parsed.ok) throw new Error(JSON.stringify(parsed))
  return labOptions(parsed.value)
}

test('without options every policy plays everything, and the table of record is written', () => {
  expect(options()).toMatchObject({
    only: undefined,
    audits: 'usual',
    schedules: 200,
    seed: 1,
    processors: 2,
    out: officialDirectory,
  })
  expect(options().candidates.map(({ label }) => label)).toEqual(candidateLabels)
})

test('a run with any option writes nothing unless it is told where', () => {
  expect(options('--schedules', '5').out).toBeUndefined()
  expect(options('--schedules', '5', '--out', 'there').out).toBe('there')
})

test('numbers are set for all, and a variant’s own go before them', () => {
  const { candidates } = options(
    '--policies',
    'patient,patient:countMax=50',
    '--set',
    'countMax=600',
    '--set',
    'drainMs=1',
  )
  expect(candidates.map(({ label, numbers }) => [label, numbers])).toEqual([
    ['patient', { countMax: 600, drainMs: 1 }],
    ['patient:countMax=50', { countMax: 50, drainMs: 1 }],
  ])
})

test.each([
  [['--policies', 'nobody'], 'there is no policy "nobody"'],
  [['--set', 'countMaxx=1'], 'is called "countMaxx"'],
  [['--set', 'countMax'], 'name=number'],
  [['--set', 'countMax=abc'], 'countMax must be a number from 0, not abc'],
  [['--policies', 'patient:slowRiskPercent=500'], 'slowRiskPercent must be a number from 0 to 100, not 500'],
  [['--only', 'middle'], '--only \\"middle\\"'],
  [['--audits', 'lenient'], '--audits \\"lenient\\"'],
  [['--schedules', '0'], '--schedules \\"0\\"'],
  [['--workers', 'many'], '--workers \\"many\\"'],
  [['--seed', '1000000'], '--seed \\"1000000\\"'],
  [['--audits', 'strict', '--only', 'final'], 'leave --only out'],
  [['--nonsense'], '--nonsense'],
])('%j is refused by name', (argv, words) => {
  expect(() => options(...argv)).toThrow(words)
})

test('the help names every policy', () => {
  for (const label of candidateLabels) expect(lab.help).toContain(label)
})
