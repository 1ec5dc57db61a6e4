import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Supervisor, type SupervisorOptions } from './supervisor.ts'

/** Real processes, small ones: what is tested here is how they are started, watched and ended. */
const programs = {
  'good.mjs': `
    process.on('SIGTERM', () => { console.log('told to stop'); process.exit(0) })
    process.on('disconnect', () => process.exit(0))
    process.send({ kind: 'ready', name: 'good', addresses: {} })`,
  'refuses.mjs': `
    console.error('PORT="banana" is not allowed')
    process.exit(2)`,
  'dies-later.mjs': `
    process.send({ kind: 'ready', name: 'dies-later', addresses: {} })
    setTimeout(() => process.exit(3), 50)`,
  'ends-at-once.mjs': `
    console.log('I am about to die')
    process.send({ kind: 'ready', name: 'ends-at-once', addresses: {} })
    setTimeout(() => process.exit(4), 20)`,
  'never-ready.mjs': `
    process.on('disconnect', () => process.exit(0))
    setInterval(() => {}, 1000)`,
}

let directory: string
let lines: string[]
let supervisor: Supervisor | undefined
let crashes: string[]
let restarts: string[]

beforeEach(() => {
  directory = temporaryDirectory()
  for (const [name, source] of Object.entries(programs)) writeFileSync(join(directory, name), source)
  lines = []
  crashes = []
  restarts = []
})

afterEach(async () => {
  await supervisor?.kill()
  supervisor = undefined
})

/** Processes called by their stage and their place in it: `10` is the first of the second stage. */
function supervisorOf(...stages: string[][]): Supervisor {
  return supervisorWith({}, ...stages)
}

/** A supervisor that restarts processes that die. */
function keeperOf(...stages: string[][]): Supervisor {
  return supervisorWith({ onRestart: line => restarts.push(line) }, ...stages)
}

function supervisorWith(options: Partial<SupervisorOptions>, ...stages: string[][]): Supervisor {
  const plans = stages.map((names, stage) =>
    names.map((name, index) => ({ name: `${stage}${index}`, bundle: `${name}.mjs`, environment: {} })),
  )
  supervisor = new Supervisor(plans, {
    bundleDirectory: directory,
    onLine: (name, line) => lines.push(`${name} | ${line}`),
    onCrash: (name, { code }) => crashes.push(`${name}: ${code}`),
    ...options,
  })
  return supervisor
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const pids = () => ['00', '01', '10', '11'].flatMap(name => supervisor?.child(name)?.pid ?? [])
const alive = () => pids().filter(isAlive)

describe('processes that serve', () => {
  test('stop stage by stage, in reverse, and then no process is left', async () => {
    await supervisorOf(['good', 'good'], ['good']).start()
    expect(alive()).toHaveLength(3)
    await supervisor?.stop()
    expect(alive()).toEqual([])
    expect(lines[0]).toBe('10 | told to stop')
    expect(lines.slice(1).toSorted()).toEqual(['00 | told to stop', '01 | told to stop'])
    expect(await supervisor?.ended).toBe('stopped')
  })

  test('are reported when one ends by itself, with its exit code or signal', async () => {
    await supervisorOf(['good'], ['dies-later']).start()
    expect(await supervisor?.ended).toEqual({ broken: '10 ended unexpectedly: exit code 3' })
    expect(crashes).toEqual(['10: 3'])
  })

  test('are gone at once when killed', async () => {
    await supervisorOf(['good', 'good']).start()
    await supervisor?.kill()
    expect(alive()).toEqual([])
    expect(lines).toEqual([])
  })
})

describe('a start that fails leaves nothing behind', () => {
  test('when a process refuses its settings: its own words are passed on', async () => {
    await expect(supervisorOf(['good'], ['refuses', 'good']).start()).rejects.toThrow(
      '10 ended before it was ready: exit code 2',
    )
    expect(lines).toContain('10 | PORT="banana" is not allowed')
    expect(alive()).toEqual([])
  })

  test('when an earlier process ends while a later one is awaited', async () => {
    await expect(supervisorOf(['dies-later'], ['never-ready']).start()).rejects.toThrow(
      '00 ended unexpectedly',
    )
    expect(alive()).toEqual([])
  })

  test('when a bundle was never built', async () => {
    await expect(supervisorOf(['good'], ['absent']).start()).rejects.toThrow(
      /absent\.mjs is missing: run "npm run build"/,
    )
    expect(alive()).toEqual([])
  })

  test('when it is stopped half way', async () => {
    const started = supervisorOf(['good'], ['never-ready']).start()
    const failed = expect(started).rejects.toThrow()
    while (alive().length < 2) await new Promise(resolve => setTimeout(resolve, 5))
    await supervisor?.stop()
    await failed
    expect(alive()).toEqual([])
  })

  test('when it is stopped before it began: nothing is started', async () => {
    const stopped = supervisorOf(['good'])
    await stopped.stop()
    await expect(stopped.start()).rejects.toThrow('stopped during the start')
    expect(pids()).toEqual([])
  })
})

describe('a process that is down while the others serve', () => {
  test('is started again, as another process, and stops with the others', async () => {
    const started = supervisorOf(['good'], ['good'])
    await started.start()
    const first = started.child('10')
    await first?.kill()
    await started.startAgain('10')
    expect(started.child('10')?.pid).not.toBe(first?.pid)
    expect(alive()).toHaveLength(2)
    await started.stop()
    expect([alive(), crashes]).toEqual([[], []])
    expect(lines).toEqual(['10 | told to stop', '00 | told to stop'])
  })

  test('is not started a second time, nor during a stop, nor under an unknown name', async () => {
    const started = supervisorOf(['good'])
    await started.start()
    await expect(started.startAgain('00')).rejects.toThrow('00 runs already')
    await expect(started.startAgain('99')).rejects.toThrow('no process 99')
    await started.stop()
    await expect(started.startAgain('00')).rejects.toThrow('stopped')
  })

  test('is down where it ends before it is ready, and that is no crash', async () => {
    const started = supervisorOf(['good'])
    await started.start()
    await started.child('00')?.kill()
    writeFileSync(join(directory, 'good.mjs'), programs['refuses.mjs'])
    await expect(started.startAgain('00')).rejects.toThrow('00 ended before it was ready: exit code 2')
    expect([started.child('00')?.isRunning, crashes]).toEqual([false, []])
  })
})

describe('a keeper', () => {
  test('starts again what dies, and says so', async () => {
    const keeper = keeperOf(['good'], ['good'])
    await keeper.start()
    keeper.child('10')?.signal('SIGKILL')
    await expect
      .poll(() => restarts)
      .toEqual([
        '10 ended unexpectedly: signal SIGKILL. It is started again in 250 ms (death 1 of 5 within 60 s).',
        '10 serves again.',
      ])
    expect(alive()).toHaveLength(2)
    await keeper.stop()
    expect(alive()).toEqual([])
  })

  test('3: gives up what dies again and again, and says which, how and what it wrote last', async () => {
    const keeper = keeperOf(['good'], ['good'])
    await keeper.start()
    writeFileSync(join(directory, 'good.mjs'), programs['ends-at-once.mjs'])
    keeper.child('10')?.signal('SIGKILL')
    expect(await keeper.ended).toEqual({
      broken: `10 ended unexpectedly: exit code 4, for the 5th time within 60 s. It is given up. It wrote last:${'\n  I am about to die'.repeat(4)}`,
    })
    await keeper.stop()
    expect(alive()).toEqual([])
  })

  test('gives up at once what refuses to start again', async () => {
    const keeper = keeperOf(['good'])
    await keeper.start()
    writeFileSync(join(directory, 'good.mjs'), programs['refuses.mjs'])
    keeper.child('00')?.signal('SIGKILL')
    expect(await keeper.ended).toEqual({
      broken:
        '00 ended before it was ready: exit code 2, when it was started again. It is given up. It wrote last:\n  PORT="banana" is not allowed',
    })
  })

  test('starts nothing any more when it is stopped in the pause', async () => {
    let stopped: Promise<void> | undefined
    const onRestart = (line: string) => {
      restarts.push(line)
      stopped ??= keeper.stop()
    }
    const keeper = supervisorWith({ onRestart }, ['good'], ['good'])
    await keeper.start()
    keeper.child('10')?.signal('SIGKILL')
    await expect.poll(() => restarts.length).toBe(1)
    await stopped
    await new Promise(resolve => setTimeout(resolve, 400))
    expect([alive(), restarts.length, await keeper.ended]).toEqual([[], 1, 'stopped'])
  })

  test('that is hurried does not wait for a process that does not react', async () => {
    const keeper = keeperOf(['good'])
    await keeper.start()
    keeper.child('00')?.signal('SIGSTOP')
    keeper.stop()
    await keeper.hurry()
    expect(alive()).toEqual([])
  })
})
