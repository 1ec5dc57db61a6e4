import type { ChannelAnswer, ChannelClient } from '@rinha/channel'
import { parseCorrelationId, printCorrelationId, type Shard, shardOf } from '@rinha/payment'
import { type Handler, type HttpCall, lastSegment } from './http-call.ts'
import type { NodeOptions, NodePorts } from './ports.ts'
import { preferOf, readWaitPreference } from './prefer.ts'
import { printHeld, printReport } from './print-answer.ts'
import { coordinatorAway } from './problem.ts'

/**
 * `GET /payments/{id}`: where a payment stands; with `Prefer: wait=5` (RFC 7240) once it has ended, or after five seconds.
 *
 * Two places may know it: this node, from the 202 until the acknowledgement of the payment's shard, and that shard's coordinator from
 * then on. This node looks into its own buffer first and then asks the coordinator, whose answer counts more. In that
 * order no payment is missed: a payment that was not in the buffer before the question has reached the coordinator by
 * its answer. After a wait this node is looked at again: a payment that was held here before may have been purged
 * since.
 *
 * The coordinator waits for the end; this node keeps the client's request open. The answer then has
 * `Preference-Applied`. If too many clients wait, or this node is stopping, the answer comes at once, with what is
 * known, and without that header.
 */
export class PaymentReads {
  readonly #ports: NodePorts
  readonly #options: NodeOptions
  /** Each function ends a wait and asks the coordinator at once. */
  readonly #waits = new Set<() => void>()
  #isStopping = false

  constructor(ports: NodePorts, options: NodeOptions) {
    this.#ports = ports
    this.#options = options
  }

  get waitCount(): number {
    return this.#waits.size
  }

  /** Ends every wait. From now on requests are answered at once. */
  stop(): void {
    this.#isStopping = true
    for (const askNow of [...this.#waits]) askNow()
  }

  readonly get: Handler = (call, request) => {
    const correlationId = parseCorrelationId(lastSegment(request))
    if (correlationId === undefined) return call.problem(notAnId)
    const { waitSecondsMax, waitCountMax } = this.#options
    const waitSeconds = Math.min(readWaitPreference(preferOf(request)), waitSecondsMax)
    const isFull = this.#waits.size >= waitCountMax
    if (waitSeconds === 0 || isFull || this.#isStopping) this.#ask(call, correlationId)
    else this.#wait(call, correlationId, waitSeconds)
  }

  #ask(call: HttpCall, correlationId: Uint8Array): void {
    const { channel } = this.#shardOf(correlationId)
    const wasHeld = channel.holdsPayment(correlationId)
    channel.request('status', { correlationId }, report =>
      this.#tell(call, correlationId, report, () => wasHeld),
    )
  }

  #wait(call: HttpCall, correlationId: Uint8Array, waitSeconds: number): void {
    const { monotonicMs } = this.#ports
    const { channel } = this.#shardOf(correlationId)
    const wasHeld = channel.holdsPayment(correlationId)
    const waitMs = waitSeconds * 1000
    const untilMs = monotonicMs() + waitMs
    let cancel = () => {}
    const leave = () => {
      this.#waits.delete(askNow)
      cancel()
    }
    const askNow = () => {
      leave()
      this.#ask(call, correlationId)
    }
    this.#waits.add(askNow)
    call.onLeave(leave)
    cancel = channel.request('ending', { correlationId, waitMs }, report => {
      this.#waits.delete(askNow)
      const isKept = monotonicMs() >= untilMs || (report.ok && hasEnded(report.value.state))
      const isHeld = () => channel.holdsPayment(correlationId) || (wasHeld && !report.ok)
      this.#tell(call, correlationId, report, isHeld, isKept ? waitSeconds : undefined)
    })
  }

  #tell(
    call: HttpCall,
    correlationId: Uint8Array,
    report: ChannelAnswer<'status'>,
    isHeld: () => boolean,
    keptSeconds?: number,
  ): void {
    const id = printCorrelationId(correlationId)
    const headers = keptSeconds === undefined ? [] : [['Preference-Applied', `wait=${keptSeconds}`] as const]
    if (report.ok && report.value.state !== 'absent') call.json(printReport(id, report.value), headers)
    else if (isHeld()) call.json(printHeld(id), headers)
    else if (report.ok) call.problem({ kind: 'not-found', detail: `No payment ${id} was accepted.` })
    else call.problem(coordinatorAway(report.error.reason, this.#shardOf(correlationId)))
  }

  #shardOf(correlationId: Uint8Array): Shard & { readonly channel: ChannelClient } {
    const { channels } = this.#ports
    const index = shardOf(correlationId, channels.length)
    return { index, count: channels.length, channel: channels[index] as ChannelClient }
  }
}

function hasEnded(state: string): boolean {
  return state === 'settled' || state === 'rejected'
}

const notAnId = {
  kind: 'bad-request',
  field: 'correlationId',
  detail: 'correlationId is not a UUID in the form 8-4-4-4-12.',
} as const
