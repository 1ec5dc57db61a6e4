import { expect, test } from 'vitest'
import { World } from '../world.ts'
import { checkProblem } from './problems.ts'
import { Trace } from './trace.ts'

const trace = () => new Trace(new World(1))

test.each([
  'coordinator: read ECONNRESET',
  'coordinator: connect ECONNREFUSED',
  'node api1: closed by the other end',
  'node api1: silent for 3 heartbeats of 200 ms',
  'coordinator: no handshake within 5000 ms',
  'node api1: its session connected again',
  'the coordinator is another process than before: it has restarted',
])('"%s" is the network’s or a death’s doing', problem => {
  expect(() => checkProblem(trace(), 'api1', problem, false)).not.toThrow()
})

test.each([
  'node api1: closed by the other end',
  'node api1: refused (standby): this coordinator is a standby, and knows no leader',
  'coordinator: the handshake failed (standby): this coordinator is a standby',
  'coordinator: epoch 2 is over: this node has seen epoch 3',
  'node api1: refused (protocol): 9 payments acknowledged, of which 7 were',
])('"%s" is a takeover’s doing', problem => {
  expect(() => checkProblem(trace(), 'api1', problem, true)).not.toThrow()
})

test.each([
  'coordinator: the coordinator broke the protocol: acknowledgement of 9, which is not on the way',
  'node api1: broke the protocol: payments from 3 after 1: a gap',
  'coordinator: the handshake failed (proof): the coordinator proved another secret',
  'coordinator: the coordinator said goodbye: payments from 3 after 1: a gap',
  'node api1: silent for 3 heartbeats of 200 ms, and more',
  'node api1: refused (protocol): 9 payments acknowledged, of which 7 were',
])('"%s" is one of ours to answer for', problem => {
  expect(() => checkProblem(trace(), 'api1', problem, false)).toThrow(`api1: ${problem}`)
})
