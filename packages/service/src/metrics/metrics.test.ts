import { expect, test } from 'vitest'
import { Metrics } from './metrics.ts'

test('own metrics are printed as Prometheus reads them, whatever a label holds', async () => {
  const metrics = new Metrics()
  metrics.add('gauge', 'plain', 'One number.', () => 3)
  metrics.add('gauge', 'labelled', 'Two.', () => [
    { labels: { name: 'a"b\\c\nd', le: 0.5 }, value: Number.POSITIVE_INFINITY },
    { labels: {}, suffix: '_sum', value: Number.NaN },
  ])
  const text = await metrics.print()
  expect(text).toContain('# HELP plain One number.\n# TYPE plain gauge\nplain 3\n')
  expect(text).toContain('labelled{name="a\\"b\\\\c\\nd",le="0.5"} +Inf\nlabelled_sum NaN\n')
})

test('each name is printed once, the own ones and those of prom-client', async () => {
  const text = await new Metrics().print()
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names).toEqual(
    expect.arrayContaining([
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
    ]),
  )
})

test('the memory of the process grows with what it holds', async () => {
  const metrics = new Metrics()
  const read = async (name: string) =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await metrics.print())?.[1])
  const before = await Promise.all([
    read('process_resident_memory_bytes'),
    read('nodejs_external_memory_bytes'),
  ])
  const held = new Uint8Array(64 * 1024 ** 2).fill(1)
  expect(await read('process_resident_memory_bytes')).toBeGreaterThan(before[0] + 0.8 * held.length)
  expect(await read('nodejs_external_memory_bytes')).toBeGreaterThan(before[1] + 0.8 * held.length)
})
