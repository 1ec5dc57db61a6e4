import type { ChannelHandlers } from '@rinha/channel'
import { Journal } from '@rinha/journal'
import type { Coordinator } from '../coordinator.ts'
import type { CoordinatorStatus } from '../ports.ts'
import { Candidate, type CandidateOptions, type CandidatePorts, type Led } from './candidate.ts'

export interface MemberOptions extends CandidateOptions {
  readonly segmentBytesMax: number
}

export interface MemberPorts extends Omit<CandidatePorts, 'onLead' | 'onHalt' | 'onCutOff'> {
  /** Its end of the channel, which refuses nodes until it serves. */
  readonly channel: { serve(handlers: ChannelHandlers): void }
  /** Makes the coordinator of a new leader. `start` begins its work, once nodes can reach it. */
  readonly open: (led: Led, journal: Journal) => { readonly coordinator: Coordinator; start(): void }
  /** The log takes facts again; see `Journal`. */
  readonly onWritable?: () => void
  /** This process cannot go on, and has to be stopped. */
  readonly onFailed: (words: string) => void
}

/**
 * A process that is a candidate of a replicated log, and maybe its leader.
 *
 *   standby → leading → handing over → over
 *   standby, leading → `onFailed` → its owner stops it as usual: {@link handOver}
 *
 * A process leads once. When another one leads, it ends, and is a standby when it is started again.
 */
export class Member {
  readonly candidate: Candidate
  readonly #options: MemberOptions
  readonly #ports: MemberPorts
  #leading: { readonly coordinator: Coordinator; readonly journal: Journal } | undefined

  constructor(options: MemberOptions, ports: MemberPorts) {
    this.#options = options
    this.#ports = ports
    const { onFailed } = ports
    this.candidate = new Candidate(options, {
      ...ports,
      onLead: led => this.#lead(led),
      onHalt: onFailed,
      onCutOff: () =>
        onFailed('no server of the replicated log can be reached, and another coordinator may lead'),
    })
  }

  onNodeChange(nodes: readonly string[]): void {
    this.#leading?.coordinator.onNodeChange(nodes)
  }

  #lead(led: Led): void {
    const { channel, open, onFailed, onProblem, onWritable = () => {}, timers } = this.#ports
    const { segmentBytesMax } = this.#options
    const options = { segmentBytesMax, onProblem, onWritable, onLost: onFailed }
    const journal = new Journal(led.log, led.found, options, timers)
    const { coordinator, start } = open(led, journal)
    this.#leading = { coordinator, journal }
    channel.serve(coordinator)
    start()
  }

  /**
   * A leader begins nothing more, writes what it has decided, and says so. Another one leads then at once, and asks the
   * processors about the calls that were under way. The caller stops delivering payments first. `done` is told what a leader
   * leaves open.
   */
  handOver(done: (left?: CoordinatorStatus) => void): void {
    if (this.#leading === undefined) {
      this.candidate.stop()
      return done()
    }
    const { coordinator, journal } = this.#leading
    coordinator.stop(0, left =>
      journal.close(() => {
        if (journal.failure === undefined) this.candidate.resign()
        this.candidate.stop()
        done(left)
      }),
    )
  }
}
