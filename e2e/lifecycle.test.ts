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
      // The process has ended, as it should.
    }
  }
  await Promise.all(programs.map(program => program.exit))
  programs = []
  pids = []
})

/** A service gives itself 10 s to stop, also when the program that started it is gone. */
const stopMsMax = 12_000
/** The longest time from a process's last output until the system lists it no more, on a busy machine. */
const settleMsMax = 1_000

describe('no process is left behind', () => {
  test('after Ctrl-C, and the exit code is 0', async () => {
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
      // The cluster runs below npm, and its five processes run below the cluster.
      expect(pids.length).toBeGreaterThanOrEqual(6)
      return program
    }

    test('after Ctrl-C, which arrives twice under npm', async () => {
      const program = await npmStart()
      program.signalGroup('SIGINT')
      expect(await program.exit).toBe(0)
      expect(await survivors(pids, settleMsMax)).toEqual([])
    })

    test('after SIGTERM to npm', async () => {
      const program = await npmStart()
      program.signal('SIGTERM')
      await program.exit
      expect(await survivors(pids, settleMsMax)).toEqual([])
    })

    test('after SIGKILL to npm', async () => {
      const program = await npmStart()
      program.signal('SIGKILL')
      expect(await survivors(pids, stopMsMax)).toEqual([])
    })
  })

  test('after SIGTERM to the cluster alone', async () => {
    const { program } = await clusterWithProcesses()
    program.signal('SIGTERM')
    expect(await program.exit).toBe(0)
    expect(await survivors(pids, settleMsMax)).toEqual([])
  })

  test('after SIGKILL to the cluster, which it cannot handle', async () => {
    const { program } = await clusterWithProcesses()
    program.signal('SIGKILL')
    expect(await survivors(pids, stopMsMax)).toEqual([])
  })

  test('after SIGKILL in the middle of the start', async () => {
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

  test('after a second Ctrl-C, which ends the processes without waiting', async () => {
    const { program } = await clusterWithProcesses()
    // Suspended processes do not react. Without the second Ctrl-C the stop would take until the deadline.
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    program.signalGroup('SIGINT')
    // Within 500 ms the second signal would be taken for the echo of the first.
    await new Promise(resolve => setTimeout(resolve, 800))
    const askedMs = Date.now()
    program.signalGroup('SIGINT')
    await program.exit
    expect(Date.now() - askedMs).toBeLessThan(stopMsMax / 2)
    expect(await survivors(pids, settleMsMax)).toEqual([])
  })

  test('after a process has died five times: it is started again until it is given up, and then the others stop too', async () => {
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

describe('a start that fails says why', () => {
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

  test('a wrong setting of a process, in the words of that process', async () => {
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
