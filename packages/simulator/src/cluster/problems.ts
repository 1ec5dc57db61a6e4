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

/** Those that come where one of several coordinators leads. An earlier leader does not know what a later one has acknowledged. */
const explainedBySeveral = [
  ...explained,
  /: this coordinator is a standby(, and knows no leader)?$/,
  /: epoch \d+ is over: this node has seen epoch \d+$/,
  /: \d+ payments acknowledged, of which \d+ were$/,
]

/** Both ends are ours, and the wires are honest: whatever else an end complains of, one of the two is wrong. */
export function checkProblem(trace: Trace, who: string, problem: string, isOneOfSeveral: boolean): void {
  trace.note(`${who}: ${problem}`)
  if (!(isOneOfSeveral ? explainedBySeveral : explained).some(pattern => pattern.test(problem)))
    trace.blame('protocol', `${who}: ${problem}`)
}
