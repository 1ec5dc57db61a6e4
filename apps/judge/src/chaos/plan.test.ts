import { describe, expect, test } from 'vitest'
import {
  type Fault,
  faultLine,
  faultName,
  type PlannedFault,
  type PlanOptions,
  planFaults,
  targetNames,
} from './plan.ts'

const options: PlanOptions = { seed: 7, lengthMs: 600_000, everyMs: 3000, spared: [] }
const plan = planFaults(options)
const many = Array.from({ length: 50 }, (_, seed) => planFaults({ ...options, seed }))

const killed = ({ fault }: PlannedFault): readonly string[] =>
  fault.kind === 'kill' || fault.kind === 'restart' ? targetNames(fault) : []

describe('the plan of faults', () => {
  test('is a function of the seed', () => {
    expect(planFaults(options)).toEqual(plan)
    expect(planFaults({ ...options, seed: 8 })).not.toEqual(plan)
  })

  test('keeps within the run, in order, at about the pace asked for', () => {
    for (const faults of many) {
      const times = faults.map(({ atMs }) => atMs)
      expect(times).toEqual(times.toSorted((left, right) => left - right))
      expect(times.every(atMs => atMs >= 0 && atMs <= options.lengthMs)).toBe(true)
    }
    const count = many.reduce((sum, faults) => sum + faults.length, 0)
    const meanGapMs = (many.length * options.lengthMs) / count
    expect(meanGapMs).toBeGreaterThan(0.9 * options.everyMs)
    expect(meanGapMs).toBeLessThan(1.15 * options.everyMs)
  })

  test('has every kind of fault, none of them rare', () => {
    const counts = new Map<string, number>()
    for (const { fault } of many.flat()) {
      counts.set(faultName(fault), (counts.get(faultName(fault)) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted()).toEqual([
      'clock back',
      'clock forward',
      'fullLog coordinator',
      'kill API node',
      'kill coordinator',
      'kill several',
      'link blackhole',
      'link drip',
      'link halfOpen',
      'link latency',
      'link refuse',
      'link reset',
      'link resetAfterRequest',
      'pause API node',
      'pause coordinator',
      'processor continue',
      'processor delay',
      'processor failing',
      'processor gateway 503',
      'processor gateway 524',
      'processor limited 429',
      'processor look-ups',
      'processor stuck health',
      'processor wrong way 301',
      'processor wrong way 401',
      'processor wrong way 404',
      'restart API node',
      'restart coordinator',
    ])
    const total = many.flat().length
    expect(Math.min(...counts.values())).toBeGreaterThan(total / 70)
  })

  test('kills in every combination, and hits every link, clock and processor', () => {
    const sets = new Set(
      many.flat().map(planned => (planned.fault.kind === 'kill' ? killed(planned).join() : '')),
    )
    expect([...sets].toSorted()).toEqual([
      '',
      'api1',
      'api1,api2',
      'api2',
      'coordinator',
      'coordinator,api1',
      'coordinator,api1,api2',
      'coordinator,api2',
    ])
    const places = new Set(
      many.flat().flatMap(({ fault }) => ('how' in fault ? fault.targets.map(({ name }) => name) : [])),
    )
    expect([...places].toSorted()).toEqual(['api1', 'api2', 'coordinator', 'default', 'fallback'])
  })

  test('does not kill or restart spared processes, and still pauses them', () => {
    const spared = planFaults({ ...options, spared: ['coordinator'] })
    expect(spared.flatMap(killed)).not.toContain('coordinator')
    expect(spared.flatMap(killed)).toContain('api1')
    expect(spared.map(({ fault }) => faultName(fault))).toContain('pause coordinator')
    const nodesSpared = planFaults({ ...options, spared: ['api1', 'api2'] })
    expect(new Set(nodesSpared.flatMap(killed))).toEqual(new Set(['coordinator']))
  })

  test('gives a link one fault at a time, and a process none while it comes back', () => {
    for (const faults of many.slice(0, 10)) {
      const untilMs = new Map<string, number>()
      for (const { atMs, fault } of faults) {
        for (const [index, name] of targetNames(fault).entries()) {
          expect(untilMs.get(name) ?? 0, `${name} at ${atMs}`).toBeLessThanOrEqual(atMs + 1)
          untilMs.set(name, atMs + (fault.targets[index]?.forMs ?? 0))
        }
      }
    }
  })

  test('lets each fault end by itself within 4 s, and a process be down for at most 3', () => {
    for (const { fault } of many.flat())
      for (const { forMs } of fault.targets)
        expect(forMs).toBeLessThanOrEqual(fault.kind === 'kill' ? 3000 : 4000)
  })
})

test.each<[string, Fault]>([
  [
    'kill coordinator for 1.2 s, api1 for 0.0 s',
    {
      kind: 'kill',
      targets: [
        { name: 'coordinator', forMs: 1240 },
        { name: 'api1', forMs: 0 },
      ],
    },
  ],
  ['restart api2 for 0.5 s', { kind: 'restart', targets: [{ name: 'api2', forMs: 500 }] }],
  [
    'link default for 0.5 s: latency, delayMs 120, jitterMs 30',
    {
      kind: 'link',
      targets: [{ name: 'default', forMs: 500 }],
      how: { kind: 'latency', delayMs: 120, jitterMs: 30 },
    },
  ],
  [
    'processor fallback for 2.0 s: failing',
    { kind: 'processor', targets: [{ name: 'fallback', forMs: 2000 }], how: { kind: 'failing' } },
  ],
])('a fault in words has its figures: %s', (words, fault) => {
  expect(faultLine(fault)).toBe(words)
})
