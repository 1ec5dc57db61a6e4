import { expect, test } from 'vitest'
import { scoreK6 } from './command.ts'

const schedule = ['--schedule', 'preview']

test('options that are not given take their defaults', () => {
  expect(scoreK6.parse(schedule)).toEqual({
    ok: true,
    value: {
      schedule: 'preview',
      vus: undefined,
      scale: 1,
      backend: 'http://localhost:9999',
      default: 'http://localhost:8001',
      fallback: 'http://localhost:8002',
      token: '123',
      json: undefined,
      report: undefined,
      noReport: false,
      admin: 'http://localhost:9090',
      participant: 'anonymous',
      runs: 1,
      containers: undefined,
      against: undefined,
      yes: false,
    },
  })
})

test('every option is taken', () => {
  const said = [
    ...['--vus', '20', '--scale', '0.5', '--runs', '3', '--containers', 'payment-cluster'],
    ...['--against', 'floor=http://localhost:9998', '--json', 'x.json', '--participant', 'ana'],
    ...['--backend', 'http://a:1', '--default', 'http://b:2', '--fallback', 'http://c:3', '--token', 't'],
  ]
  expect(scoreK6.parse([...schedule, ...said])).toMatchObject({
    value: {
      vus: 20,
      scale: 0.5,
      runs: 3,
      containers: 'payment-cluster',
      against: { name: 'floor', origin: 'http://localhost:9998' },
      json: 'x.json',
      participant: 'ana',
      backend: 'http://a:1',
      default: 'http://b:2',
      fallback: 'http://c:3',
      token: 't',
    },
  })
})

function problemsOf(argv: readonly string[]): readonly string[] {
  const parsed = scoreK6.parse(argv)
  return parsed === 'help' || parsed.ok ? [] : parsed.error
}

test.each([
  ['an unknown option', ['--begin'], ['--begin', '--against', '--runs']],
  ['no runs', ['--runs', '0'], ['--runs "0"', '1 to 50']],
  ['half a run', ['--runs', '1.5'], ['--runs "1.5"', '1 to 50']],
  ['a project with a path', ['--containers', '../x'], ['--containers "../x"', 'docker compose ls']],
  [
    'another backend without a name',
    ['--against', 'http://localhost:9998'],
    ['--against', 'floor=http://localhost:9998'],
  ],
  ['another backend without an address', ['--against', 'floor=9998'], ['--against "floor=9998"']],
  ['another backend with a path', ['--against', 'floor=http://localhost:9998/x'], ['--against']],
  ['what `score` refuses too', ['--vus', '0'], ['--vus "0"', '1 to 5000']],
])('%s is refused with its name and what is allowed', (_name, argv, said) => {
  const problems = problemsOf([...schedule, ...argv]).join('\n')
  for (const text of said) expect(problems).toContain(text)
})

test('every problem is told at once', () => {
  const lines = problemsOf(['--runs', '0', '--vus', '0'])
  expect(lines.map(line => line.split(' ')[0])).toEqual(['--schedule', '--vus', '--runs'])
})

test('help names every option', () => {
  for (const name of [
    'schedule',
    'vus',
    'scale',
    'runs',
    'against',
    'containers',
    'backend',
    'default',
    'fallback',
  ])
    expect(scoreK6.help).toContain(`  --${name} `)
  for (const name of ['token', 'json', 'participant']) expect(scoreK6.help).toContain(`  --${name} `)
})
