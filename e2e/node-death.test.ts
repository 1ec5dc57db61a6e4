import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { until } from '../packages/testing/src/index.ts'
import { clusterPorts, Program, root } from './testing/cluster-process.ts'

const programs: Program[] = []
afterEach(async () => {
  for (const program of programs) program.signal('SIGKILL')
  await Promise.all(programs.splice(0).map(program => program.exit))
})

const clientCount = 200

test('a node that is killed while it answers loses no payment that it has answered 202, even at `received`', async () => {
  const { nodePorts, defaultPort, channelPort, adminPort } = await clusterPorts()
  const channel = {
    CHANNEL_SECRET: randomUUID(),
    CHANNEL_PORT: `${channelPort}`,
    COORDINATOR_PORT: `${channelPort}`,
  }
  // The processor is not started. Every payment waits, so none can be missing because it was rejected.
  const processors = `default=http://localhost:${defaultPort}@0.05@100`
  start('coordinator', { ...channel, PROCESSORS: processors, ADMIN_PORT: `${adminPort}` })
  const [killed, witness] = nodePorts.map((port, index) => ({
    url: `http://localhost:${port}`,
    program: start('api', { ...channel, PORT: `${port}`, NODE_PORT: '0', NODE_NAME: `api${index}` }),
  }))
  if (killed === undefined || witness === undefined) throw new Error('there are two nodes')
  for (const { url } of [killed, witness]) await until(() => isReady(url))

  const agent = new Agent({ keepAlive: true, maxSockets: clientCount })
  const answered: string[] = []
  let writtenCount = 0
  const onWritten = () => {
    writtenCount += 1
  }
  const wave = (onAnswer: () => void) =>
    Array.from({ length: clientCount }, async () => {
      const correlationId = randomUUID()
      if ((await post(agent, killed.url, correlationId, onWritten)) !== 202) return
      answered.push(correlationId)
      onAnswer()
    })
  await Promise.all(wave(() => {}))
  expect(answered).toHaveLength(clientCount)
  // Requests on all connections arrive while the node is suspended. When it goes on, it answers them in one turn, and it
  // is killed at its first answer.
  killed.program.signal('SIGSTOP')
  const answers = wave(() => killed.program.signal('SIGKILL'))
  await until(() => writtenCount === 2 * clientCount, 'every request is written')
  killed.program.signal('SIGCONT')
  await Promise.all(answers)
  agent.destroy()

  expect(answered.length).toBeGreaterThan(clientCount)
  const lost: string[] = []
  for (const id of answered) {
    const { status } = await fetch(`${witness.url}/payments/${id}`)
    if (status !== 200) lost.push(id)
  }
  expect(lost).toEqual([])
})

function start(name: 'api' | 'coordinator', environment: NodeJS.ProcessEnv): Program {
  const program = new Program(process.execPath, [join(root, 'dist', `${name}.mjs`)], environment)
  programs.push(program)
  return program
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ready`)).ok
  } catch {
    return false
  }
}

/** The status of the answer; `undefined` if the connection ended without one. */
function post(
  agent: Agent,
  url: string,
  correlationId: string,
  onWritten: () => void,
): Promise<number | undefined> {
  return new Promise(resolve => {
    const headers = { 'content-type': 'application/json', prefer: 'ack=received' }
    const sent = request(`${url}/payments`, { agent, method: 'POST', headers }, answer => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode))
      answer.on('error', () => resolve(undefined))
    })
    sent.on('error', () => resolve(undefined))
    sent.on('finish', onWritten)
    sent.end(JSON.stringify({ correlationId, amount: 19.9 }))
  })
}
