import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'

/** A process of its own for each test: what is tested is how a process starts and ends. */
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Started {
  readonly child: ChildProcess
  readonly messages: unknown[]
  output(): string
  errors(): string
  /** Its exit code, once all that it has written is here. */
  readonly code: Promise<number | null>
}

/** A service whose `start` is this code: it has `log`, `settings`, `stopAsked` and the two problems. */
function service(start: string, env: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
  const program = `
    import { integer } from '@rinha/settings'
    import { runService, SettingsProblem, StartProblem } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    await runService({
      name: 'example',
      description: 'What it is for.',
      schema: { PORT: integer({ fallback: 7, min: 0, max: 10, help: 'Where it listens.' }) },
      start: async (settings, log, stopAsked) => { ${start} },
    })`
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program, '--', ...args],
    {
      cwd: new URL('..', import.meta.url),
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  children.push(child)
  const texts = { output: '', errors: '' }
  child.stdout?.on('data', chunk => {
    texts.output += chunk
  })
  child.stderr?.on('data', chunk => {
    texts.errors += chunk
  })
  const messages: unknown[] = []
  child.on('message', message => messages.push(message))
  // Node tells of no `close` once the parent has disconnected.
  const ends = [child.stdout, child.stderr].map(stream => once(stream as Readable, 'end'))
  const code = Promise.all([once(child, 'exit'), ...ends]).then(([[code]]) => code as number | null)
  return { child, messages, output: () => texts.output, errors: () => texts.errors, code } satisfies Started
}

const serves = (stop: string) =>
  `return { addresses: { http: 'port ' + settings.PORT }, stop: async () => { ${stop} } }`

async function ready(started: Started): Promise<Started> {
  await expect.poll(() => started.messages.length).toBe(1)
  return started
}

/** The lines that the service logged. */
const logged = ({ output }: Started) =>
  output()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { readonly msg: string; readonly cause?: string })

describe('a start', () => {
  test('tells the parent where it serves, and logs it', async () => {
    const started = await ready(service(serves(''), { PORT: '3' }))
    expect(started.messages).toEqual([{ kind: 'ready', name: 'example', addresses: { http: 'port 3' } }])
    await expect.poll(() => started.output()).toContain('serving')
    expect(logged(started)).toMatchObject([
      { name: 'example', msg: 'serving', addresses: { http: 'port 3' } },
    ])
  })

  test('with --help only explains the settings, the log’s too', async () => {
    const started = service(`throw new Error('it has started')`, { PORT: 'wrong' }, ['--help'])
    expect(await started.code).toBe(0)
    for (const words of ['What it is for.', 'PORT', 'Where it listens.', 'LOG_LEVEL'])
      expect(started.output()).toContain(words)
    expect([started.errors(), started.messages]).toEqual(['', []])
  })

  test.each([
    [{ PORT: '11' }, /^example: PORT.*11/],
    [{ LOG_LEVEL: 'loud' }, /^example: LOG_LEVEL.*loud/],
  ])('with the wrong setting %j ends with 2 and a line that names it', async (env, line) => {
    const started = service(`throw new Error('it has started')`, env)
    expect(await started.code).toBe(2)
    expect(started.errors()).toMatch(line)
    expect(started.errors()).not.toContain('it has started')
  })

  test('with a misspelt variable, or an option, ends with 2 and the name that was meant', async () => {
    const slip = service(`throw new Error('it has started')`, { LOG_LEVLE: 'info', HOSTNAME: 'x' })
    expect(await slip.code).toBe(2)
    expect(slip.errors()).toBe('example: there is no variable LOG_LEVLE: did you mean LOG_LEVEL?\n')
    const option = service(`throw new Error('it has started')`, {}, ['script', '--log-level=info'])
    expect(await option.code).toBe(2)
    expect(option.errors()).toMatch(/^example: there is no --log-level: .*LOG_LEVEL=…/)
  })

  test('that fails for a known reason ends with 1 and that reason alone', async () => {
    const started = service(`throw new StartProblem('port 7 is taken: set PORT')`)
    expect(await started.code).toBe(1)
    expect(started.errors()).toBe('example: port 7 is taken: set PORT\n')
    expect(started.messages).toEqual([])
  })

  test('with settings that do not go together ends with 2, as with a wrong one', async () => {
    const started = service(`throw new SettingsProblem('A must be less than B')`)
    expect(await started.code).toBe(2)
    expect(started.errors()).toBe('example: A must be less than B\n')
  })

  test('that fails for an unknown reason is a bug, and shows its stack', async () => {
    const started = service(`throw new TypeError('a bug')`)
    expect(await started.code).toBe(1)
    expect(started.errors()).toMatch(/TypeError: a bug\n +at /)
  })
})

describe('a stop', () => {
  test.each<[string, (child: ChildProcess) => void]>([
    ['SIGINT', child => void child.kill('SIGINT')],
    ['SIGTERM', child => void child.kill('SIGTERM')],
    ['SIGHUP', child => void child.kill('SIGHUP')],
    ['parent gone', child => child.disconnect()],
  ])('by %s is in order: it ends with 0, when all is done', async (cause, stop) => {
    const started = await ready(
      service(serves(`await new Promise(resolve => setTimeout(resolve, 20)); log.info('all is done')`)),
    )
    stop(started.child)
    expect(await started.code).toBe(0)
    expect(logged(started).map(({ msg, cause }) => cause ?? msg)).toEqual(['serving', cause, 'all is done'])
  })

  test('that is requested again while it goes on happens once', async () => {
    const started = await ready(
      service(serves(`log.info('asked'); await new Promise(resolve => process.once('SIGUSR2', resolve))`)),
    )
    started.child.kill('SIGTERM')
    await expect.poll(() => started.output()).toContain('asked')
    started.child.kill('SIGINT')
    started.child.kill('SIGUSR2')
    expect(await started.code).toBe(0)
    expect(started.output().match(/asked/g)).toHaveLength(1)
  })

  test('is hurried by a second signal', async () => {
    const started = await ready(
      service('return { addresses: {}, stop: hurried => new Promise(done => { hurried.onabort = done }) }'),
    )
    started.child.kill('SIGTERM')
    await expect.poll(() => started.output()).toContain('stopping')
    // Again and again: one that comes right after the first is its echo.
    const kill = () => {
      started.child.kill('SIGTERM')
      return started.output()
    }
    await expect.poll(kill).toContain('hurrying')
    expect(await started.code).toBe(0)
  })

  test('is given up at the third', async () => {
    const started = await ready(service(serves('await new Promise(() => {})')))
    const kill = () => {
      started.child.kill('SIGTERM')
      return started.child.exitCode
    }
    await expect.poll(kill).toBe(1)
    expect(started.output()).toContain('hurrying')
  })

  test('during the start takes effect: the service is stopped as soon as it serves, and its parent is not told that it serves', async () => {
    const started = service(
      `log.info('starts')
      await new Promise(resolve => stopAsked.addEventListener('abort', resolve))
      ${serves("log.info('stopped')")}`,
    )
    await expect.poll(() => started.output()).toContain('starts')
    started.child.kill('SIGTERM')
    expect(await started.code).toBe(0)
    expect(logged(started).map(({ msg }) => msg)).toEqual(['starts', 'stopping', 'stopped'])
    expect(started.messages).toEqual([])
  })

  test('during a start that can be given up ends with 0, without a complaint', async () => {
    const started = service(`log.info('starts')
      await new Promise(resolve => stopAsked.addEventListener('abort', resolve))
      throw new StartProblem('stopped during the start')`)
    await expect.poll(() => started.output()).toContain('starts')
    started.child.kill('SIGHUP')
    expect([await started.code, started.errors()]).toEqual([0, ''])
  })

  test('that fails ends with 1 and says why', async () => {
    const started = await ready(service(serves(`throw new Error('the disk is full')`)))
    started.child.kill('SIGTERM')
    expect(await started.code).toBe(1)
    expect(started.output()).toContain('stop failed')
    expect(started.output()).toContain('the disk is full')
  })

  test('of a service that cannot go on is in order, ends with 1 and says why', async () => {
    const started = service(
      `return { addresses: {}, failed: Promise.resolve('the journal is gone'), stop: async () => log.info('stopped') }`,
    )
    expect(await started.code).toBe(1)
    expect(started.output()).toMatch(/the journal is gone.*stopped/s)
  })

  test('that does not end is given up, with exit code 1', async () => {
    // The service's ten seconds are a tenth of one here.
    const quick = 'const real = setTimeout; globalThis.setTimeout = (run, ms) => real(run, ms / 100);'
    const started = await ready(service(quick + serves('await new Promise(() => {})')))
    started.child.kill('SIGTERM')
    expect(await started.code).toBe(1)
    expect(started.output()).toContain('did not stop in time')
  })

  test('with LOG_LEVEL=silent logs nothing', async () => {
    const started = await ready(service(serves(''), { LOG_LEVEL: 'silent' }))
    started.child.kill('SIGTERM')
    expect([await started.code, started.output(), started.errors()]).toEqual([0, '', ''])
  })
})
