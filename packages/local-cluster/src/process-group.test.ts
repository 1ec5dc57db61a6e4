import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Stage } from './layout.ts'
import { ProcessGroup } from './process-group.ts'

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
  'never-ready.mjs': `
    process.on('disconnect', () => process.exit(0))
    setInterval(() => {}, 1000)`,
}

let directory: string
let lines: string[]
let group: ProcessGroup | undefined

beforeEach(() => {
  directory = temporaryDirectory()
  for (const [name, source] of Object.entries(programs)) writeFileSync(join(directory, name), source)
  lines = []
})

afterEach(async () => {
  group?.kill()
  await group?.stop()
  group = undefined
})

function groupOf(...stages: string[][]): ProcessGroup {
  const plans: Stage[] = stages.map((names, stage) =>
    names.map((name, index) => ({ name: `${stage}${index}`, bundle: `${name}.mjs`, environment: {} })),
  )
  group = new ProcessGroup(plans, {
    bundleDirectory: directory,
    onLine: (name, line) => lines.push(`${name} | ${line}`),
  })
  return group
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const alive = () => [...(group?.pids.values() ?? [])].filter(isAlive)

describe('a group that serves', () => {
  test('stops its stages in reverse, and then no process is left', async () => {
    await groupOf(['good', 'good'], ['good']).start()
    expect(alive()).toHaveLength(3)
    await group?.stop()
    expect(alive()).toEqual([])
    expect(lines[0]).toBe('10 | told to stop')
    expect(lines.slice(1).toSorted()).toEqual(['00 | told to stop', '01 | told to stop'])
    expect(await group?.ended).toBe('stopped')
  })

  test('says which process ended by itself, and how', async () => {
    await groupOf(['good'], ['dies-later']).start()
    expect(await group?.ended).toEqual({ broken: '10 ended unexpectedly: exit code 3' })
  })

  test('is gone at once when killed', async () => {
    await groupOf(['good', 'good']).start()
    group?.kill()
    await group?.stop()
    expect(alive()).toEqual([])
    expect(lines).toEqual([])
  })
})

describe('a start that fails leaves nothing behind', () => {
  test('when a process refuses its settings: its own words are passed on', async () => {
    await expect(groupOf(['good'], ['refuses', 'good']).start()).rejects.toThrow(
      '10 ended before it was ready: exit code 2',
    )
    expect(lines).toContain('10 | PORT="banana" is not allowed')
    expect(alive()).toEqual([])
  })

  test('when an earlier process ends while a later one is awaited', async () => {
    await expect(groupOf(['dies-later'], ['never-ready']).start()).rejects.toThrow('00 ended unexpectedly')
    expect(alive()).toEqual([])
  })

  test('when a bundle was never built', async () => {
    await expect(groupOf(['good'], ['absent']).start()).rejects.toThrow(
      /absent\.mjs is missing: run "npm run build"/,
    )
    expect(alive()).toEqual([])
  })

  test('when it is stopped half way', async () => {
    const started = groupOf(['good'], ['never-ready']).start()
    const failed = expect(started).rejects.toThrow()
    while (alive().length < 2) await new Promise(resolve => setTimeout(resolve, 5))
    await group?.stop()
    await failed
    expect(alive()).toEqual([])
  })

  test('when it is stopped before it began: nothing is started', async () => {
    const cluster = groupOf(['good'])
    await cluster.stop()
    await expect(cluster.start()).rejects.toThrow('stopped during the start')
    expect(cluster.pids.size).toBe(0)
  })
})
