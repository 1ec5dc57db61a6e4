import { readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory, until } from '@rinha/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fleet } from './fleet.ts'

/**
 * Small real processes that serve no requests. The tests check how they are killed, how they come back, and how that is
 * recorded. Each writes its pid, and refuses to start while there is a file `refuse-` with its role.
 */
const program = (role: string, onStop: string) => `
  import { appendFileSync, existsSync } from 'node:fs'
  const directory = import.meta.dirname
  appendFileSync(directory + '/pids', process.pid + '\\n')
  if (existsSync(directory + '/refuse-${role}')) process.exit(1)
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => { ${onStop} })
  process.on('SIGUSR2', () => process.exit(7))
  setInterval(() => {}, 1000)
  process.send({ kind: 'ready', name: '${role}', addresses: {} })`

let directory: string
let fleet: Fleet

beforeEach(async () => {
  directory = temporaryDirectory()
  const stopped = 'process.exit(0)'
  // This module is loaded before each process.
  writeFileSync(join(directory, 'stepped-clock.worker.mjs'), '')
  writeFileSync(join(directory, 'processor-twin.mjs'), program('twin', stopped))
  writeFileSync(join(directory, 'coordinator.mjs'), program('coordinator', stopped))
  writeFileSync(
    join(directory, 'api.mjs'),
    program('api', `console.log('{"lostCount":2}'); setTimeout(() => ${stopped}, 50)`),
  )
  fleet = await Fleet.create({ bundleDirectory: directory, directory, hasJournal: true })
  await fleet.start()
})

afterEach(async () => {
  await fleet.end()
})

const pids = () => readFileSync(join(directory, 'pids'), 'utf8').trim().split('\n').map(Number)
const notes = () => readFileSync(join(directory, 'faults.log'), 'utf8')

/** The coordinator is the third to be started. */
function crashCoordinator(): void {
  process.kill(pids()[2] ?? 0, 'SIGUSR2')
}

describe('a process that is killed', () => {
  test('is dead at the moment of the kill, and comes back, timed where it is the coordinator', async () => {
    const beforeMs = fleet.nowMs()
    await fleet.kill(['coordinator', 'api1'])
    expect(fleet.deaths.map(({ process }) => process)).toEqual(['coordinator', 'api1'])
    for (const { atMs } of fleet.deaths) expect(atMs).toBeGreaterThanOrEqual(beforeMs)
    await fleet.startAgain('coordinator', 'kill')
    await fleet.startAgain('api1', 'kill')
    expect(fleet.coordinatorRecoveriesMs).toHaveLength(1)
    expect(pids()).toHaveLength(7)
    expect(fleet.crashes).toEqual([])
  })

  test('dies once, however often it is killed', async () => {
    await fleet.kill(['api1'])
    await fleet.kill(['api1'])
    expect(fleet.deaths).toHaveLength(1)
  })
})

test('a process starts again with a log that nothing can be written to, and serves', async () => {
  await fleet.stop('coordinator')
  await fleet.startAgain('coordinator', 'stop', 'full')
  const pid = pids().at(-1) ?? 0
  expect(readlinkSync(`/proc/${pid}/fd/1`)).toBe('/dev/full')
  await fleet.stop('coordinator')
  await fleet.startAgain('coordinator', 'stop')
  expect(readlinkSync(`/proc/${pids().at(-1)}/fd/1`)).not.toBe('/dev/full')
})

describe('a process that is stopped', () => {
  test('in order is no death, and its start is no recovery', async () => {
    await fleet.stop('coordinator')
    await fleet.startAgain('coordinator', 'stop')
    expect([fleet.deaths, fleet.coordinatorRecoveriesMs]).toEqual([[], []])
  })

  test('in order counts as killed if it says that payments were lost', async () => {
    await fleet.stop('api2')
    expect(fleet.deaths.map(({ process }) => process)).toEqual(['api2'])
    expect(notes()).toContain('api2 did not stop in order, or with payments that it could not hand on')
  })
})

test('a process that ends by itself is a crash and a death, and is started again', async () => {
  crashCoordinator()
  await until(() => fleet.coordinatorRecoveriesMs.length === 1)
  expect(fleet.crashes).toEqual(['coordinator ended unexpectedly: exit code 7'])
  expect(fleet.deaths.map(({ process }) => process)).toEqual(['coordinator'])
  expect(fleet.over.aborted).toBe(false)
})

test('a process that fails to start three times in a row ends the run', async () => {
  writeFileSync(join(directory, 'refuse-coordinator'), '')
  await fleet.kill(['coordinator'])
  await fleet.startAgain('coordinator', 'kill')
  expect(fleet.over.reason).toMatchObject({
    message: 'coordinator ended before it was ready: exit code 1, 3 times in a row',
  })
})

test('a processor that ends by itself ends the run, because its books are gone', async () => {
  process.kill(pids()[0] ?? 0, 'SIGUSR2')
  await until(() => fleet.over.aborted)
  expect(String(fleet.over.reason)).toMatch(/processor-\w+ ended unexpectedly: exit code 7/)
})

test('after the end of the fleet no process is left', async () => {
  fleet.pause('api1', 60_000)
  crashCoordinator()
  await fleet.end()
  expect(pids().filter(isAlive)).toEqual([])
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
