import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Child, type ChildEnd } from './child.ts'

/** These tests run small real processes. */
const programs = {
  good: `process.on('SIGTERM', () => { console.log('told to stop'); process.exit(0) })
    process.on('disconnect', () => process.exit(0))
    process.on('message', message => process.send(message))
    setInterval(() => console.log('tick'), 20)
    process.send({ kind: 'ready', name: 'good', addresses: { http: 'here' } })`,
  refuses: `console.log('hello'); console.error('no, thanks'); process.exit(1)`,
  deaf: `process.on('SIGTERM', () => {})
    setInterval(() => {}, 1000)
    process.send({ kind: 'ready', name: 'deaf', addresses: {} })`,
  crashes: `process.once('SIGUSR2', () => process.exit(7))
    setInterval(() => {}, 1000)
    process.send({ kind: 'ready', name: 'crashes', addresses: {} })`,
}

let directory: string
let child: Child
let lines: string[]
let messages: unknown[]

beforeEach(() => {
  directory = temporaryDirectory()
  lines = []
  messages = []
})

afterEach(async () => {
  await child.kill()
})

function childOf(program: keyof typeof programs): Child {
  const module = join(directory, 'it.mjs')
  writeFileSync(module, programs[program])
  return start({ module })
}

function start(program: ConstructorParameters<typeof Child>[0]['program']): Child {
  child = new Child({
    name: 'it',
    program,
    onLine: (line, stream) => lines.push(`${stream}: ${line}`),
    onMessage: message => messages.push(message),
  })
  return child
}

const readyMsMax = 30_000
const tickCount = () => lines.filter(line => line === 'stdout: tick').length

function state(): string | undefined {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

async function isGone(end: Promise<ChildEnd>, expected: Partial<ChildEnd>): Promise<void> {
  expect(await end).toMatchObject(expected)
  expect([child.isRunning, state()]).toEqual([false, undefined])
}

describe('a process that serves', () => {
  test('says where, and answers messages', async () => {
    expect(await childOf('good').ready(readyMsMax)).toMatchObject({ addresses: { http: 'here' } })
    child.send({ samples: new Float64Array([1, 2]) })
    await expect.poll(() => messages).toEqual([{ samples: new Float64Array([1, 2]) }])
  })

  test('is stopped in order', async () => {
    await childOf('good').ready(readyMsMax)
    await isGone(child.stop(readyMsMax), { phase: 'stopping', code: 0, words: 'it stopped: exit code 0' })
    expect(lines).toContain('stdout: told to stop')
  })

  test('is killed where it does not stop in time', async () => {
    await childOf('deaf').ready(readyMsMax)
    await isGone(child.stop(50), { code: null, signal: 'SIGKILL', words: 'it stopped: signal SIGKILL' })
  })

  test('can be killed at once', async () => {
    await childOf('good').ready(readyMsMax)
    await isGone(child.kill(), { signal: 'SIGKILL' })
    expect(lines).not.toContain('stdout: told to stop')
  })

  test('says when it ends by itself', async () => {
    await childOf('crashes').ready(readyMsMax)
    child.signal('SIGUSR2')
    await isGone(child.ended, { phase: 'serving', code: 7, words: 'it ended unexpectedly: exit code 7' })
  })
})

describe('a process that does not come to serve', () => {
  test('is reported with its last output', async () => {
    await expect(childOf('refuses').ready(readyMsMax)).rejects.toThrow(
      'it ended before it was ready: exit code 1',
    )
    expect(lines.toSorted()).toEqual(['stderr: no, thanks', 'stdout: hello'])
  })

  test('is late after a while', async () => {
    await expect(start({ command: 'sleep', args: ['60'] }).ready(20)).rejects.toThrow(
      'not ready within 20 ms',
    )
    expect(child.isRunning).toBe(true)
  })

  test('may be a command that is not there', async () => {
    await isGone(start({ command: '/nowhere/it', args: [] }).ended, { code: null, signal: null })
    expect((await child.ended).words).toMatch(/^it ended unexpectedly: it could not be started .*ENOENT/)
  })
})

describe('a process that is paused', () => {
  beforeEach(async () => {
    await childOf('good').ready(readyMsMax)
  })

  test('goes on when it is resumed', async () => {
    child.pause(60_000)
    await expect.poll(state).toBe('T')
    child.resume()
    await expect.poll(state).not.toBe('T')
    const before = tickCount()
    await expect.poll(tickCount).toBeGreaterThan(before)
  })

  test('is resumed by another process when it is not resumed in time', async () => {
    child.pause(0)
    await expect.poll(state).toBe('T')
    await expect.poll(state, { timeout: 30_000 }).not.toBe('T')
  })

  test('can be stopped', async () => {
    child.pause(60_000)
    await isGone(child.stop(readyMsMax), { code: 0 })
    expect(lines).toContain('stdout: told to stop')
  })

  test('can be killed', async () => {
    child.pause(60_000)
    await isGone(child.kill(), { signal: 'SIGKILL' })
  })
})
