import { decodeMessage, frameHeaderBytes, NodeEnd, paymentRecordBytes } from '@rinha/channel'
import type { World } from '../world.ts'
import type { Network } from './network.ts'
import type { Plan } from './plan.ts'
import { checkProblem } from './problems.ts'
import { Process } from './process.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WireEnd } from './wire.ts'

export interface NodeContext {
  readonly world: World
  readonly plan: Plan
  readonly trace: Trace
  readonly tally: Tally
  readonly network: Network
  readonly secret: number
}

/**
 * An API node without its HTTP side: the node's end of the channel that ships, in a process that may die and come back.
 * Each life is a new session with an empty buffer.
 */
export class SimNode {
  readonly index: number
  readonly #context: NodeContext
  #end: NodeEnd | undefined
  #process: Process | undefined
  #stream: WireEnd | undefined
  #highestSent = 0

  constructor(index: number, context: NodeContext) {
    this.index = index
    this.#context = context
  }

  /** The channel's end of this life, or `undefined` while the process is down. */
  get end(): NodeEnd | undefined {
    return this.#end
  }

  start(): void {
    const { world, plan, trace, network, secret } = this.#context
    const process = new Process(world, secret)
    const name = `api${this.index + 1}`
    this.#highestSent = 0
    this.#process = process
    this.#end = new NodeEnd(
      {
        ...plan,
        nodeName: name,
        onConnectedChange: connected => this.#onConnectedChange(connected),
        onProblem: problem => {
          if (!this.#stream?.hostile) checkProblem(trace, name, problem)
        },
      },
      {
        ...process,
        connect: onConnected => {
          this.#stream = network.connect(name, onConnected, frame => this.#watch(frame))
          return this.#stream
        },
      },
    )
  }

  /** The process dies without a word, and what it holds in memory is gone. */
  kill(): void {
    this.#process?.kill()
    this.#stream?.kill()
    this.#end = undefined
  }

  #onConnectedChange(connected: boolean): void {
    const { tally, trace } = this.#context
    if (connected) tally.connections += 1
    trace.note(connected ? 'connected' : 'disconnected', this.index)
  }

  /** Every frame that the node writes: for the trace, and to count what it sends again. */
  #watch(frame: Uint8Array): void {
    const message = decodeMessage(frame.subarray(frameHeaderBytes))
    if (!message.ok || message.value.type !== 'payments') return
    const { tally, trace } = this.#context
    const { firstSequence, records } = message.value
    const lastSequence = firstSequence + records.length / paymentRecordBytes - 1
    tally.resends += Math.max(0, Math.min(this.#highestSent, lastSequence) - firstSequence + 1)
    this.#highestSent = Math.max(this.#highestSent, lastSequence)
    trace.note('sent payments', this.index, firstSequence, lastSequence)
  }
}
