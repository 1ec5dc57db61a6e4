import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { freePort } from './ports.ts'

/** Real processes whose standard output cannot be written. Each is a service that logs more than any pipe holds. */
const program = `
  import { createServer } from 'node:http'
  import { runService } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
  await runService({
    name: 'example',
    description: '',
    schema: {},
    start: async (_settings, log) => {
      let count = 0
      const server = createServer((_request, response) => response.end(String(count))).listen(Number(process.env.TEST_PORT))
      setInterval(() => { for (let i = 0; i < 20; i += 1) log.info({ count: count++, filler: 'x'.repeat(700) }, 'a line') }, 10)
      return { addresses: {}, stop: async () => server.close() }
    },
  })`
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** More than a pipe or a socket holds: 700 KB. */
const busyLineCount = 1000

interface Service {
  readonly child: ChildProcess
  readonly url: string
}

async function start(
  stdout: number | 'pipe',
  wrap: (args: readonly string[]) => readonly string[] = args => args,
) {
  const port = await freePort()
  const file = join(temporaryDirectory(), 'service.mts')
  writeFileSync(file, program)
  const tsx = import.meta.resolve('tsx')
  const [command = '', ...args] = wrap([process.execPath, '--import', tsx, file])
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', TEST_PORT: `${port}` },
    stdio: ['ignore', stdout, 'inherit'],
  })
  children.push(child)
  const service = { child, url: `http://127.0.0.1:${port}` }
  await expect.poll(() => lineCount(service)).toBeGreaterThanOrEqual(0)
  return service
}

/** The number of lines that the service says it has logged; NaN if it does not answer. */
const lineCount = ({ url }: Service) =>
  fetch(url, { signal: AbortSignal.timeout(10_000), headers: { connection: 'close' } }).then(
    async answer => Number(await answer.text()),
    () => Number.NaN,
  )

async function logsMore(service: Service): Promise<void> {
  const before = await lineCount(service)
  await expect.poll(() => lineCount(service)).toBeGreaterThan(before + busyLineCount)
}

/** Expects that the service goes on, and then stops in order: with 0, or with 1 if it had to be given up. */
async function servesAndStops(service: Service): Promise<void> {
  await logsMore(service)
  const exit = once(service.child, 'exit')
  service.child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
}

function pipe() {
  const path = join(temporaryDirectory(), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { reader, writer: openSync(path, constants.O_WRONLY) }
}

test('on a full disk it serves and stops', async () => {
  await servesAndStops(await start(openSync('/dev/full', 'w')))
})

test('into a pipe whose reader is gone it serves and stops', async () => {
  const { reader, writer } = pipe()
  const service = await start(writer)
  closeSync(reader)
  closeSync(writer)
  await servesAndStops(service)
})

test('into a pipe without a reading process it serves and stops', async () => {
  await servesAndStops(await start(pipe().writer))
})

test('into a socket that is never read, as when the parent is stuck, it serves and stops', async () => {
  await servesAndStops(await start('pipe'))
})

test('a terminal that is stuck costs lines, and one that is closed stops it in order', async () => {
  const pidFile = join(temporaryDirectory(), 'pid')
  const service = await start(openSync('/dev/null', 'w'), args => [
    'script',
    '--quiet',
    '--command',
    `echo $$ > ${pidFile}; exec ${args.join(' ')}`,
    '/dev/null',
  ])
  const pid = Number(readFileSync(pidFile, 'utf8'))
  const isAlive = () => {
    try {
      return /^State:\s+[^Z]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    } catch {
      return false
    }
  }
  service.child.kill('SIGSTOP')
  await logsMore(service)
  expect(isAlive()).toBe(true)
  service.child.kill('SIGKILL')
  await expect.poll(isAlive).toBe(false)
})

test('lines are whole, and the first that is written after some were lost says how many', async () => {
  const { reader, writer } = pipe()
  const service = await start(writer)
  await logsMore(service)
  const buffer = Buffer.alloc(1 << 20)
  let text = ''
  const read = () => {
    try {
      text += buffer.toString('utf8', 0, readSync(reader, buffer))
    } catch {
      // There are no bytes to read at this moment.
    }
    return text
  }
  await expect.poll(read, { interval: 5 }).toContain('lostLineCount')
  service.child.kill('SIGTERM')
  await once(service.child, 'exit')
  const lines = read()
    .slice(0, text.lastIndexOf('\n'))
    .split('\n')
    .map(line => JSON.parse(line) as { readonly count?: number; readonly lostLineCount?: number })
    .filter(({ count }) => count !== undefined)
  let expected = 0
  for (const { count, lostLineCount = 0 } of lines) {
    expect(count).toBe(expected + lostLineCount)
    expected = (count ?? 0) + 1
  }
})
