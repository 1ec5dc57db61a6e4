import type { Trace } from './trace.ts'

/**
 * The problems that an end of the channel may report when nothing is wrong but the network, or a process that died or
 * stopped.
 */
const explained = [
  /ECONNRESET$/,
  /ECONNREFUSED$/,
  /: closed by the other end$/,
  /: silent for \d+ heartbeats of \d+ ms$/,
  /: no handshake within \d+ ms$/,
  /: its session connected again$/,
  /: the coordinator stops$/,
  /: the coordinator said goodbye: the upward connection has ended$/,
  /: a proof that answers no challenge$/,
  /: its handshake is over$/,
  /^the coordinator is another process than before: it has restarted$/,
]

/** Both ends are ours, and the wires are honest: whatever else an end complains of, one of the two is wrong. */
export function checkProblem(trace: Trace, who: string, problem: string): void {
  trace.note(`${who}: ${problem}`)
  if (!explained.some(pattern => pattern.test(problem))) trace.blame('protocol', `${who}: ${problem}`)
}
