import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Member } from './member.ts'

/** Real processes, small ones. Each writes its pid first. */
const programs = {
  good: `process.on('SIGTERM', () => { console.log('told to stop'); process.exit(0) })
    process.on('disconnect', () => process.exit(0))
    setInterval(() => console.log('tick'), 20)
    process.send({ kind: 'ready', name: 'good', addresses: {} })`,
  refuses: `console.error('no, thanks'); process.exit(1)`,
  loses: `process.on('SIGTERM', () => { console.log('{"lostCount":3}'); process.exit(0) })
    setInterval(() => {}, 1000)
    process.send({ kind: 'ready', name: 'loses', addresses: {} })`,
  fails: `process.on('SIGTERM', () => process.exit(1))
    setInterval(() => {}, 1000)
    process.send({ kind: 'ready', name: 'fails', addresses: {} })`,
  crashes: `process.once('SIGUSR2', () => process.exit(7))
    setInterval(() => {}, 1000)
    process.send({ kind: 'ready', name: 'crashes', addresses: {} })`,
}

let directory: string
let member: Member
let events: string[]

beforeEach(() => {
  directory = temporaryDirectory()
  events = []
})

afterEach(async () => {
  await member.kill()
})

function memberOf(program: keyof typeof programs): Member {
  writeFileSync(join(directory, 'it.mjs'), `console.log('pid', process.pid);${programs[program]}`)
  member = new Member(
    { name: 'it', bundle: 'it.mjs', environment: {} },
    {
      bundleDirectory: directory,
      logDirectory: directory,
      onCrash: how => events.push(how),
      onGaveUp: () => events.push('gave up'),
    },
  )
  return member
}

const log = () => readFileSync(join(directory, 'it.log'), 'utf8')
const lastPid = () => Number([...log().matchAll(/^pid (\d+)$/gm)].at(-1)?.[1])
const tickCount = () => log().match(/^tick$/gm)?.length ?? 0

function state(pid: number): string | undefined {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

test('is started, killed and started again, as another process, without a word of a crash', async () => {
  memberOf('good')
  expect(await member.start()).toBeGreaterThan(0)
  const first = lastPid()
  await member.kill()
  expect([member.isUp, state(first)]).toEqual([false, undefined])
  await member.start()
  expect(lastPid()).not.toBe(first)
  expect(log()).toContain('it stopped: signal SIGKILL')
  expect(log()).not.toContain('told to stop')
  expect(events).toEqual([])
})

test('is stopped in order', async () => {
  memberOf('good')
  await member.start()
  await member.stop()
  expect(member.isUp).toBe(false)
  expect(log()).toContain('told to stop\nit stopped: exit code 0')
  expect(events).toEqual([])
})

test('is paused and goes on', async () => {
  memberOf('good')
  await member.start()
  const pid = lastPid()
  member.pause(60_000)
  await expect.poll(() => state(pid)).toBe('T')
  member.resume()
  await expect.poll(() => state(pid)).not.toBe('T')
  const before = tickCount()
  await expect.poll(tickCount).toBeGreaterThan(before)
})

test('is continued by another when nobody resumes it', async () => {
  memberOf('good')
  await member.start()
  const pid = lastPid()
  member.pause(0)
  await expect.poll(() => state(pid)).toBe('T')
  await expect.poll(() => state(pid), { timeout: 5000 }).not.toBe('T')
})

test('can be stopped and killed while it is paused', async () => {
  memberOf('good')
  await member.start()
  member.pause(60_000)
  await member.stop()
  expect(log()).toContain('told to stop')
  await member.start()
  const pid = lastPid()
  member.pause(60_000)
  await member.kill()
  expect(state(pid)).toBeUndefined()
})

test('says when it ends by itself, and is down then', async () => {
  memberOf('crashes')
  await member.start()
  process.kill(lastPid(), 'SIGUSR2')
  await expect.poll(() => events).toEqual(['it ended unexpectedly: exit code 7'])
  expect(member.isUp).toBe(false)
})

test.each(['loses', 'fails'] as const)('says when it did not stop in order: %s', async program => {
  memberOf(program)
  await member.start()
  await member.stop()
  expect(events).toEqual(['gave up'])
})

test('rejects a start that fails, is down then, and calls it no crash', async () => {
  memberOf('refuses')
  await expect(member.start()).rejects.toThrow('it ended before it was ready: exit code 1')
  expect(member.isUp).toBe(false)
  expect(log()).toContain('no, thanks')
  expect(events).toEqual([])
})

test('has a peak of memory once it was looked at', async () => {
  memberOf('good')
  await member.start()
  expect(member.memoryBytesPeak).toBeUndefined()
  member.lookAtMemory()
  expect(member.memoryBytesPeak).toBeGreaterThan(10 * 2 ** 20)
})
