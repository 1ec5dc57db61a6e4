import { type OperatorEvent, topicOf } from './operator-event.ts'

/** The most lines of one topic within {@link windowMs}. */
export const linesMax = 5
/** The window begins with the first line of a topic. */
export const windowMs = 10_000

export type TellEvent = (event: OperatorEvent, suppressedCount: number) => void

interface Topic {
  readonly untilMs: number
  toldCount: number
  suppressedCount: number
  /** The last event that was suppressed. */
  last: OperatorEvent | undefined
}

/**
 * Lets a few events of each topic through in a window of time and counts the rest. At the window's end it passes on the
 * last one, with the count of the others, so the latest state of a topic is always reported. Holds no topic for longer
 * than its window.
 */
export class EventLimiter {
  readonly #tell: TellEvent
  readonly #topics = new Map<string, Topic>()

  constructor(tell: TellEvent) {
    this.#tell = tell
  }

  add(event: OperatorEvent, nowMs: number): void {
    this.look(nowMs)
    const name = topicOf(event)
    const topic = this.#topics.get(name) ?? this.#open(name, nowMs)
    if (topic.toldCount < linesMax) {
      topic.toldCount += 1
      return this.#tell(event, 0)
    }
    topic.suppressedCount += 1
    topic.last = event
  }

  /** Must be called from time to time. */
  look(nowMs: number): void {
    for (const [name, { untilMs, last, suppressedCount }] of this.#topics) {
      if (nowMs < untilMs) continue
      this.#topics.delete(name)
      if (last === undefined) continue
      this.#open(name, nowMs).toldCount = 1
      this.#tell(last, suppressedCount - 1)
    }
  }

  #open(name: string, nowMs: number): Topic {
    const topic = { untilMs: nowMs + windowMs, toldCount: 0, suppressedCount: 0, last: undefined }
    this.#topics.set(name, topic)
    return topic
  }
}
