import type { EngineEvent, QueueStatus } from '@rinha/engine'
import type { World } from '../../world.ts'
import type { Plan } from '../plan.ts'
import { stallMsMax } from '../plan.ts'
import type { Trace } from '../trace.ts'

/** What a processor's health endpoint has said to shard 0, and when that came. */
export interface HeardPoll {
  readonly atMs: number
  readonly failing: boolean
}

interface ToldContext {
  readonly world: World
  readonly plan: Plan
  readonly trace: Trace
  /** By processor, oldest first. */
  readonly heard: readonly (readonly HeardPoll[])[]
}

type Lanes = QueueStatus['processors']
type Reports = Extract<EngineEvent, { readonly kind: 'healthTold' }>['reports']

/** For how many pauses between polls one counts. */
const pausesMax = 2
/** A shard asks once a second, and waits for a second. */
const askedMsMax = 2000
/** Ages are told in whole milliseconds. */
const roundingMs = 1

/**
 * Holds a coordinator that does not poll to what the polls of shard 0 have really said:
 *   - what it is told was said by a poll;
 *   - a poll that it is told of for the first time counts: it goes by that answer;
 *   - a poll that it is told of again changes nothing;
 *   - it goes by no poll that is older than two pauses ({@link checkAge}).
 */
export class ToldWatch {
  readonly #context: ToldContext
  /** By processor: the poll that counted last. */
  readonly #counted = new Map<number, HeardPoll>()

  constructor(context: ToldContext) {
    this.#context = context
  }

  /** `before` and `after` the step that has taken the reports. */
  onTold(reports: Reports, before: Lanes, after: Lanes): void {
    for (const [processor, report] of reports.entries()) {
      const [was, is] = [before[processor], after[processor]]
      if (was === undefined || is === undefined) continue
      const poll = report && this.#pollOf(processor, report)
      const isNews = poll !== undefined && poll !== this.#counted.get(processor)
      if (isNews) this.#checkNews(processor, poll, is)
      else if (was.circuit !== is.circuit && !(was.circuit === 'open' && is.circuit === 'probing'))
        this.#blame(processor, `a poll that it knows makes the circuit ${is.circuit} of ${was.circuit}`)
      if (isNews) this.#counted.set(processor, poll)
    }
  }

  /** The poll that a report is of; none if it is too old to count. The way here makes it seem later than it was. */
  #pollOf(processor: number, report: NonNullable<Reports[number]>): HeardPoll | undefined {
    const { world, plan, heard } = this.#context
    if (report.ageMs > pausesMax * plan.healthPollMs) return undefined
    const atMs = world.nowMs - report.ageMs
    const poll = heard[processor]?.findLast(each => each.atMs <= atMs + roundingMs)
    if (poll === undefined || poll.failing !== report.failing)
      return this.#blame(processor, `it is told failing: ${report.failing}, and no poll has said so`)
    return poll
  }

  #checkNews(processor: number, { failing }: HeardPoll, lane: Lanes[number]): void {
    if (lane.reportedFailing !== failing)
      this.#blame(processor, `a poll has said failing: ${failing}, and it goes by ${lane.reportedFailing}`)
    if (!failing && lane.circuit === 'open')
      this.#blame(processor, 'a poll has said that it works, and the circuit stays open')
  }

  /** However long it has not been told anything. */
  checkAge(lanes: Lanes): void {
    const { plan } = this.#context
    const stalledMs = plan.stallEveryMs === Number.POSITIVE_INFINITY ? 0 : stallMsMax
    const ageMsMax = pausesMax * plan.healthPollMs + askedMsMax + stalledMs
    for (const [processor, { polledAgeMs }] of lanes.entries())
      if (polledAgeMs !== null && polledAgeMs > ageMsMax)
        this.#blame(processor, `it goes by a poll of ${polledAgeMs} ms ago`)
  }

  #blame(processor: number, words: string): never {
    const { trace, plan } = this.#context
    return trace.blame('poll', `shard ${plan.shard.index}, processor ${processor}: ${words}`)
  }
}
