import { describe, expect, test } from 'vitest'
import { type FaultTargets, Injector } from './injector.ts'
import type { Fault } from './plan.ts'

const hourMs = 3_600_000

/** A fleet that records the calls to it. */
function recordingFleet(problem?: Error) {
  const done: string[] = []
  const note = async (...words: readonly unknown[]) => {
    done.push(words.join(' '))
    if (problem !== undefined) throw problem
  }
  const fleet: FaultTargets = {
    kill: names => note('kill', names),
    stop: name => note('stop', name),
    startAgain: (name, after, log) =>
      note('start', name, 'after', after, ...(log === undefined ? [] : [log, 'log'])),
    pause: (name, durationMs) => void done.push(`pause ${name} ${durationMs}`),
    resume: name => void done.push(`resume ${name}`),
    stepClock: (name, offsetMs) => void done.push(`clock ${name} ${offsetMs}`),
    disturb: (link, fault) => note('link', link, fault?.kind ?? 'clean'),
    trouble: (name, trouble) => note('processor', name, trouble?.kind ?? 'well'),
    heal: () => note('heal'),
    giveUp: reason => void done.push(`give up: ${reason}`),
  }
  const notes: string[] = []
  return { done, notes, injector: new Injector(fleet, line => notes.push(line)) }
}

const latency: Fault = {
  kind: 'link',
  targets: [{ name: 'default', forMs: hourMs }],
  how: { kind: 'latency', delayMs: 1, jitterMs: 0 },
}

describe('a fault is done and undone', () => {
  test.each<[Fault, readonly string[]]>([
    [
      {
        kind: 'kill',
        targets: [
          { name: 'coordinator', forMs: 0 },
          { name: 'api1', forMs: 0 },
        ],
      },
      ['kill coordinator,api1', 'start coordinator after kill', 'start api1 after kill'],
    ],
    [{ kind: 'restart', targets: [{ name: 'api2', forMs: 0 }] }, ['stop api2', 'start api2 after stop']],
    [
      { kind: 'pause', targets: [{ name: 'coordinator', forMs: 1 }] },
      ['pause coordinator 1', 'resume coordinator'],
    ],
    [
      { kind: 'fullLog', targets: [{ name: 'coordinator', forMs: 1 }] },
      [
        'stop coordinator',
        'start coordinator after stop full log',
        'stop coordinator',
        'start coordinator after stop',
      ],
    ],
    [
      {
        kind: 'clock',
        targets: [{ name: 'api1', forMs: 1 }],
        how: { kind: 'back', offsetMs: -60_000 },
      },
      ['clock api1 -60000', 'clock api1 0'],
    ],
    [
      { ...latency, targets: [{ name: 'default', forMs: 1 }] },
      ['link default latency', 'link default clean'],
    ],
    [
      { kind: 'link', targets: [{ name: 'api1', forMs: 1 }], how: { kind: 'halfOpen' } },
      ['link api1 reset', 'link api1 halfOpen', 'link api1 clean'],
    ],
    [
      { kind: 'processor', targets: [{ name: 'fallback', forMs: 1 }], how: { kind: 'failing' } },
      ['processor fallback failing', 'processor fallback well'],
    ],
  ])('%j', async (fault, expected) => {
    const { done, injector } = recordingFleet()
    injector.begin(fault)
    expect(injector.busy.length).toBeGreaterThan(0)
    await expect.poll(() => injector.busy).toEqual([])
    expect(done).toEqual(expected)
  })
})

test('healing ends every fault before its time, and only then heals the fleet', async () => {
  const { done, injector } = recordingFleet()
  injector.begin(latency)
  injector.begin({ kind: 'pause', targets: [{ name: 'api1', forMs: hourMs }] })
  await injector.heal()
  expect(done.slice(0, 2)).toEqual(['link default latency', 'pause api1 3600000'])
  expect(done.slice(2, 4).toSorted()).toEqual(['link default clean', 'resume api1'])
  expect(done.slice(4)).toEqual(['heal'])
  expect(injector.busy).toEqual([])
})

test('a fault whose target is busy is skipped, counted and reported; other targets are not affected', async () => {
  const { done, notes, injector } = recordingFleet()
  injector.begin({ kind: 'pause', targets: [{ name: 'api1', forMs: hourMs }] })
  injector.begin({
    kind: 'kill',
    targets: [
      { name: 'coordinator', forMs: 0 },
      { name: 'api1', forMs: 0 },
    ],
  })
  injector.begin({ kind: 'pause', targets: [{ name: 'api2', forMs: hourMs }] })
  expect(done).toEqual(['pause api1 3600000', 'pause api2 3600000'])
  expect(injector.skippedCount).toBe(1)
  expect(notes[1]).toBe('skipped, its target is busy: kill coordinator for 0.0 s, api1 for 0.0 s')
  expect([...injector.counts]).toEqual([['pause API node', 2]])
  await injector.heal()
})

test('a fault that cannot be done ends the run with its name', async () => {
  const { done, injector } = recordingFleet(new Error('EADDRINUSE'))
  injector.begin(latency)
  await expect.poll(() => injector.busy).toEqual([])
  expect(done.at(-1)).toMatch(/^give up: link default .*latency.*EADDRINUSE/)
})
