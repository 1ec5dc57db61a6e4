import { expect, test } from 'vitest'
import { k6Help, parseK6Options } from './options.ts'

const schedule = ['--schedule', 'preview']

test('what is not said takes its default', () => {
  expect(parseK6Options(schedule)).toEqual({
    ok: true,
    value: {
      kind: 'run',
      options: {
        schedule: 'preview',
        vusMax: undefined,
        scale: 1,
        origins: {
          backend: 'http://localhost:9999',
          default: 'http://localhost:8001',
          fallback: 'http://localhost:8002',
        },
        token: '123',
        jsonFile: undefined,
        participant: 'anonymous',
        runCount: 1,
        project: undefined,
        against: undefined,
      },
    },
  })
})

test('every option is taken', () => {
  const said = [
    ...['--vus', '20', '--scale', '0.5', '--runs', '3', '--containers', 'payment-cluster'],
    ...['--against', 'floor=http://localhost:9998', '--json', 'x.json', '--participant', 'ana'],
    ...['--backend', 'http://a:1', '--default', 'http://b:2', '--fallback', 'http://c:3', '--token', 't'],
  ]
  expect(parseK6Options([...schedule, ...said])).toMatchObject({
    value: {
      options: {
        vusMax: 20,
        scale: 0.5,
        runCount: 3,
        project: 'payment-cluster',
        against: { name: 'floor', origin: 'http://localhost:9998' },
        jsonFile: 'x.json',
        participant: 'ana',
        origins: { backend: 'http://a:1', default: 'http://b:2', fallback: 'http://c:3' },
        token: 't',
      },
    },
  })
})

test.each([
  ['an unknown option', ['--start'], ['--start', '--against', '--runs']],
  ['no runs', ['--runs', '0'], ['--runs "0"', '1 to 50']],
  ['half a run', ['--runs', '1.5'], ['--runs "1.5"', '1 to 50']],
  ['a project with a path', ['--containers', '../x'], ['--containers "../x"', 'docker compose ls']],
  [
    'a rival without a name',
    ['--against', 'http://localhost:9998'],
    ['--against', 'floor=http://localhost:9998'],
  ],
  ['a rival without an address', ['--against', 'floor=9998'], ['--against "floor=9998"']],
  ['a rival with a path', ['--against', 'floor=http://localhost:9998/x'], ['--against']],
  ['what `score` refuses too', ['--vus', '0'], ['--vus "0"', '1 to 5000']],
])('%s is refused with its name and what is allowed', (_name, argv, said) => {
  const parsed = parseK6Options([...schedule, ...argv])
  expect(parsed.ok).toBe(false)
  for (const text of said) expect(parsed.ok ? '' : parsed.error.join('\n')).toContain(text)
})

test('every problem is told at once', () => {
  const parsed = parseK6Options(['--runs', '0', '--vus', '0'])
  expect(parsed.ok ? [] : parsed.error.map(line => line.split(' ')[0])).toEqual([
    '--schedule',
    '--vus',
    '--runs',
  ])
})

test('help names every option', () => {
  expect(parseK6Options(['--help'])).toMatchObject({ value: { kind: 'help' } })
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
    expect(k6Help).toContain(`  --${name} `)
  for (const name of ['token', 'json', 'participant']) expect(k6Help).toContain(`  --${name} `)
})
