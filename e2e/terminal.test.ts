import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { temporaryDirectory, until } from '../packages/testing/src/index.ts'
import {
  cliPath,
  clusterPorts,
  descendants,
  Program,
  portArguments,
  root,
  survivors,
} from './testing/cluster-process.ts'

let program: Program | undefined
let pids: number[] = []

afterEach(async () => {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The process has ended, as it should.
    }
  }
  await program?.exit
})

/** The cluster on a pseudo terminal, which `script` of util-linux (Debian: bsdutils) makes. */
async function startOnTerminal(redirection = '', environment: NodeJS.ProcessEnv = {}) {
  const ports = await clusterPorts()
  const line = [process.execPath, cliPath, 'cluster', ...portArguments(ports), redirection].join(' ')
  const started = new Program('script', ['-qec', `exec ${line}`, '/dev/null'], {
    ...{ CI: '', TERM: 'xterm', ...environment },
  })
  program = started
  await until(() => descendants(started.pid).length === 6, 'every process runs', 20_000)
  pids = descendants(started.pid)
  return { program: started, ports, clusterPid: pids[0] ?? 0 }
}

/** The output from the last place of those words on. */
const after = (text: string, words: string) => text.slice(text.lastIndexOf(words))

test('with both processors down the last line and a message above it say so, and a message tells when the backlog is gone', async () => {
  const { program, ports, clusterPid } = await startOnTerminal()
  await program.said('0 queued · default usable · fallback usable · 0 in/s · 0 settled/s')
  const fail = (failure: boolean) =>
    Promise.all(
      [ports.defaultPort, ports.fallbackPort].map(port =>
        fetch(`http://localhost:${port}/admin/configurations/failure`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json', 'x-rinha-token': '123' },
          body: JSON.stringify({ failure }),
        }),
      ),
    )
  await fail(true)
  for (let count = 0; count < 20; count += 1) {
    await fetch(`http://localhost:${ports.port}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ correlationId: randomUUID(), amount: 19.9 }),
    })
  }
  await program.said(' · default down · fallback down · ')
  await program.said('backlog: payments wait in the queue')
  expect(program.output).toMatch(
    /coordinator \| \d\d:\d\d:\d\d warn backlog: .* reason="default: (the processor answered 500|its health endpoint says failing); fallback: (the processor answered 500|its health endpoint)/m,
  )
  await fail(false)
  await program.said('backlog gone')
  process.kill(clusterPid, 'SIGINT')
  expect(await program.exit).toBe(0)
})

test('the last line says when the coordinator is gone, and Ctrl-C takes the line away', async () => {
  const { program, clusterPid } = await startOnTerminal()
  await program.said('settled/s')
  const coordinator = pids.find(pid =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('coordinator.mjs'),
  )
  process.kill(coordinator ?? 0, 'SIGSTOP')
  await program.said('STALE for ')
  process.kill(coordinator ?? 0, 'SIGKILL')
  await program.said('coordinator serves again.')
  pids = descendants(program.pid)
  await until(() => after(program.output, 'serves again').includes('settled/s'), 'it is there again')
  process.kill(clusterPid, 'SIGINT')
  expect(await program.exit).toBe(0)
  expect(await survivors(pids, 1000)).toEqual([])
  expect(after(program.output, 'Stopping')).not.toContain('settled/s')
  // The cursor was never hidden, and the terminal wraps again.
  expect(program.output).not.toContain('\x1b[?25')
  expect(program.output.split('\x1b[?7l').length).toBe(program.output.split('\x1b[?7h').length)
})

test.each([
  ['2>', 'standard error goes to a file: it holds JSON, and the line is on the terminal'],
  ['>', 'standard output goes to a file: it holds where everything is, and the line is on the terminal'],
])('%s %s', async redirection => {
  const file = join(temporaryDirectory(), 'output')
  const { program, ports, clusterPid } = await startOnTerminal(`${redirection} ${file}`, {
    LOG_LEVEL: 'info',
  })
  await program.said('settled/s')
  process.kill(clusterPid, 'SIGINT')
  expect(await program.exit).toBe(0)
  const written = readFileSync(file, 'utf8')
  expect(written).not.toContain('\x1b')
  if (redirection === '>') expect(written).toContain(`http://localhost:${ports.adminPort}`)
  else expect(written).toMatch(/^coordinator \| \{"level":30,/m)
})

test.each([{ TERM: 'dumb' }, { CI: 'true' }])('with %j there is no status line', async environment => {
  const { program, clusterPid } = await startOnTerminal('', environment)
  await program.said('Ctrl-C stops everything')
  await new Promise(resolve => setTimeout(resolve, 2500))
  process.kill(clusterPid, 'SIGINT')
  expect(await program.exit).toBe(0)
  expect(program.output).not.toContain('settled/s')
  expect(program.output).not.toContain('\x1b')
})

test('a service that is started alone on a terminal writes its log for people', async () => {
  const { defaultPort } = await clusterPorts()
  const twin = join(root, 'dist', 'processor-twin.mjs')
  const started = new Program('script', ['-qec', `exec ${process.execPath} ${twin}`, '/dev/null'], {
    ...{ PORT: `${defaultPort}`, PROCESSOR_NAME: 'default', FEE: '0.05', TOKEN: '123' },
  })
  program = started
  await started.said('serving')
  pids = descendants(started.pid)
  process.kill(pids[0] ?? 0, 'SIGINT')
  expect(await started.exit).toBe(0)
  expect(started.output).toMatch(/^\d\d:\d\d:\d\d info serving addresses=\{/m)
})
