import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  cliPath,
  clusterPorts,
  descendants,
  Program,
  portArguments,
  type RunningCluster,
  root,
  startCluster,
  survivors,
} from './testing/cluster-process.ts'

let programs: Program[] = []
let pids: number[] = []

/** Starts a cluster and remembers every process of it, for the tests and for tidying up after them. */
async function clusterWithProcesses(): Promise<RunningCluster> {
  const cluster = await startCluster()
  remember(cluster.program)
  expect(pids).toHaveLength(5)
  return cluster
}

function remember(program: Program): void {
  programs.push(program)
  pids = descendants(program.pid)
}

afterEach(async () => {
  for (const pid of [...pids, ...programs.map(program => program.pid)]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended, as it should.
    }
  }
  await Promise.all(programs.map(program => program.exit))
  programs = []
  pids = []
})

/** A service gives itself 10 s to stop; one that was left alone is not allowed more. */
const stopMsMax = 12_000
/** From the last words of a process to its end, as the system sees it, on a busy machine. */
const settleMsMax = 1_000

describe('no process is left behind', () => {
  test('by Ctrl-C, and it is no failure', async () => {
    const { program } = await clusterWithProcesses()
    program.signalGroup('SIGINT')
    expect(await program.exit).toBe(0)
    expect(await survivors(pids, settleMsMax)).toEqual([])
    expect(program.output).toContain('Stopping')
  })

  describe('under npm start', () => {
    const npmStart = async () => {
      const program = new Program('npm', ['start', '--', ...portArguments(await clusterPorts())])
      await program.said('Ctrl-C stops everything')
      remember(program)
      // npm has the cluster below it, and that has its five.
      expect(pids.length).toBeGreaterThanOrEqual(6)
      return program
    }

    test('by Ctrl-C, which arrives twice there', async () => {
      const program = await npmStart()
      program.signalGroup('SIGINT')
      expect(await program.exit).toBe(0)
      expect(await survivors(pids, settleMsMax)).toEqual([])
    })

    test('by SIGTERM to npm', async () => {
      const program = await npmStart()
      program.signal('SIGTERM')
      await program.exit
      expect(await survivors(pids, settleMsMax)).toEqual([])
    })

    test('by SIGKILL to npm', async () => {
      const program = await npmStart()
      program.signal('SIGKILL')
      expect(await survivors(pids, stopMsMax)).toEqual([])
    })
  })

  test('by SIGTERM to the cluster alone', async () => {
    const { program } = await clusterWithProcesses()
    program.signal('SIGTERM')
    expect(await program.exit).toBe(0)
    expect(await survivors(pids, settleMsMax)).toEqual([])
  })

  test('by SIGKILL, of which it cannot know', async () => {
    const { program } = await clusterWithProcesses()
    program.signal('SIGKILL')
    expect(await survivors(pids, stopMsMax)).toEqual([])
  })

  test('by SIGKILL in the middle of the start', async () => {
    const program = new Program(process.execPath, [
      cliPath,
      'cluster',
      ...portArguments(await clusterPorts()),
    ])
    while (pids.length < 2) {
      await new Promise(resolve => setTimeout(resolve, 10))
      remember(program)
    }
    program.signal('SIGKILL')
    expect(await survivors(pids, stopMsMax)).toEqual([])
  })

  test('by a second Ctrl-C, which does not wait', async () => {
    const { program } = await clusterWithProcesses()
    // A process that is stopped can answer nothing: without the second Ctrl-C this takes until the deadline.
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    program.signalGroup('SIGINT')
    // Under 500 ms it would be taken for the echo of the first.
    await new Promise(resolve => setTimeout(resolve, 800))
    const askedMs = Date.now()
    program.signalGroup('SIGINT')
    await program.exit
    expect(Date.now() - askedMs).toBeLessThan(stopMsMax / 2)
    expect(await survivors(pids, settleMsMax)).toEqual([])
  })

  test('by a process that dies: it is started again, and when it is given up the others stop too', async () => {
    const { program } = await clusterWithProcesses()
    const deaths = ' ended unexpectedly: signal SIGKILL'
    let [victim] = pids
    for (let count = 1; count <= 5; count += 1) {
      await expect.poll(() => program.output.split('serves again').length, { timeout: stopMsMax }).toBe(count)
      const before = pids
      pids = descendants(program.pid)
      victim = pids.find(pid => !before.includes(pid)) ?? victim
      process.kill(victim ?? 0, 'SIGKILL')
    }
    expect(await program.exit).toBe(1)
    expect(program.output.split(deaths)).toHaveLength(6)
    expect(program.output).toMatch(
      /signal SIGKILL, for the 5th time within 60 s. It is given up. It wrote nothing.\n$/,
    )
    expect(await survivors(pids, settleMsMax)).toEqual([])
  })
})

describe('what stands in the way of a start is said in words', () => {
  test.each([
    ['port', '--port'],
    ['adminPort', '--admin-port'],
    ['defaultPort', '--default-port'],
  ] as const)('a taken %s, with the option to change', async (name, option) => {
    const ports = await clusterPorts()
    const stranger = createServer()
    await new Promise<void>(resolve => stranger.listen(ports[name], '127.0.0.1', resolve))
    try {
      const program = new Program(process.execPath, [cliPath, 'cluster', ...portArguments(ports)])
      expect(await program.exit).toBe(1)
      expect(program.output).toContain(`port ${ports[name]} `)
      expect(program.output).toContain(`choose another with ${option}`)
      expect(program.output).not.toMatch(/\n\s+at /)
    } finally {
      stranger.close()
    }
  })

  test('a second cluster on the same ports, though they could be shared', async () => {
    const { ports } = await clusterWithProcesses()
    const second = new Program(process.execPath, [cliPath, 'cluster', ...portArguments(ports)])
    expect(await second.exit).toBe(1)
    expect(second.output).toContain(`port ${ports.port} (the public port) is taken`)
  })

  test('a wrong setting of a process, in its own words', async () => {
    const program = new Program(
      process.execPath,
      [cliPath, 'cluster', ...portArguments(await clusterPorts())],
      {
        HEARTBEAT_MS: 'often',
      },
    )
    expect(await program.exit).toBe(1)
    expect(program.output).toMatch(/coordinator \| .*HEARTBEAT_MS="often" is not allowed: a whole number/)
    expect(program.output).toContain('coordinator ended before it was ready: exit code 2')
  })

  test.each([
    ['api.mjs', 'PORT', 'banana'],
    ['coordinator.mjs', 'CHANNEL_PORT', '65536'],
    ['processor-twin.mjs', 'PORT', '-1'],
  ])('a wrong setting of %s alone ends it with exit code 2', async (bundle, name, value) => {
    const program = new Program(process.execPath, [join(root, 'dist', bundle)], { [name]: value })
    expect(await program.exit).toBe(2)
    expect(program.output).toContain(`${name}="${value}" is not allowed: a whole number`)
  })
})

describe('the command line', () => {
  const run = async (...args: string[]) => {
    const program = new Program(process.execPath, [cliPath, ...args])
    return { exit: await program.exit, output: program.output }
  }

  test('lists its commands', async () => {
    const { exit, output } = await run('--help')
    expect(exit).toBe(0)
    for (const command of ['cluster', 'journal']) expect(output).toContain(command)
  })

  test.each([['no-such-command'], ['toString'], ['cluster', '--bogus'], ['cluster', '--port', '0'], []])(
    'answers %s with exit code 2',
    async (...args) => {
      const { exit, output } = await run(...args)
      expect(exit).toBe(2)
      expect(output).toContain('--help')
    },
  )
})
