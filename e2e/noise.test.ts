import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { judgePath, Program, type RunningCluster, startCluster } from './testing/cluster-process.ts'

let cluster: RunningCluster

beforeAll(async () => {
  // With a guard, a run begins by trying the dearer processor, because tails are not known yet. A short run is mostly this
  // beginning.
  cluster = await startCluster({ AUDIT_GUARD_MS: '0' })
})

afterAll(async () => {
  cluster?.program.signal('SIGTERM')
  await cluster?.program.exit
})

function noise(...options: readonly string[]): Program {
  const { ports } = cluster
  return new Program(process.execPath, [
    ...[judgePath, 'chaos', '--noise', '--yes', ...options],
    ...['--backend', cluster.public(''), '--admin', `http://localhost:${ports.adminPort}`],
    ...['--default', `http://localhost:${ports.defaultPort}`],
    ...['--fallback', `http://localhost:${ports.fallbackPort}`],
  ])
}

/** Switches the noise of a processor off, and answers what the noise was. */
async function noiseWas(port: number): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://localhost:${port}/admin/configurations/noise`, {
    method: 'PUT',
    headers: { 'x-rinha-token': '123', 'content-type': 'application/json' },
    body: '{}',
  })
  return ((await answer.json()) as { was: Record<string, unknown> }).was
}

const isOff = { pushBackShare: 0, tailShare: 0, resetBeforeShare: 0, resetAfterShare: 0, failAfterShare: 0 }

test('a few seconds of noise lose no payment and pay none twice, and afterwards the noise is off', async () => {
  const program = noise('--rate', '150', '--seconds', '8')
  expect(await program.exit, program.output).toBe(0)
  const rules = [...program.output.matchAll(/(PASS|FAIL)$/gm)].map(([, result]) => result)
  expect(rules).toHaveLength(11)
  expect(program.output).toMatch(/^posted +1,200: /m)
  expect(await noiseWas(cluster.ports.defaultPort)).toMatchObject(isOff)
})

test('when the command is interrupted it switches the noise off', async () => {
  const { defaultPort, fallbackPort } = cluster.ports
  const program = noise('--rate', '20', '--seconds', '60')
  await program.said('load and noise')
  program.signal('SIGINT')
  expect(await program.exit, program.output).toBe(130)
  expect(program.output).toContain('the processors make no noise any more')
  for (const port of [defaultPort, fallbackPort]) expect(await noiseWas(port)).toMatchObject(isOff)
})
