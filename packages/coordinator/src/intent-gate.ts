import type { EngineEffect, EngineEvent } from '@rinha/engine'
import { notBegun, partOf } from './not-begun.ts'
import type { FactLog } from './ports.ts'

/** How long an attempt may wait until its intent is in the log: a disk that syncs takes some milliseconds. */
export const intentMsMax = 500

/** The effects of one step. */
interface Held {
  effects: readonly EngineEffect[]
}

/**
 * Holds effects until the facts that came with them are in the log. A successor then knows of every attempt that may have
 * been made, and asks before it makes another.
 */
export class IntentGate {
  readonly #log: Pick<FactLog, 'whenSynced'>
  readonly #monotonicMs: () => number
  readonly #onPassed: (passed: readonly EngineEffect[], events: readonly EngineEvent[]) => void
  readonly #held = new Set<Held>()

  /** `onPassed` is given what may begin, and answers to what is not begun: the engine has to be told those. */
  constructor(
    log: Pick<FactLog, 'whenSynced'>,
    monotonicMs: () => number,
    onPassed: (passed: readonly EngineEffect[], events: readonly EngineEvent[]) => void,
  ) {
    this.#log = log
    this.#monotonicMs = monotonicMs
    this.#onPassed = onPassed
  }

  hold(effects: readonly EngineEffect[]): void {
    const held: Held = { effects }
    const askedAtMs = this.#monotonicMs()
    this.#held.add(held)
    this.#log.whenSynced(() => {
      this.#held.delete(held)
      const { passed, events } = passGate(held.effects, this.#monotonicMs() - askedAtMs)
      this.#onPassed(passed, events)
    })
  }

  /** Takes out what waits here for payments. */
  withdraw(): ReturnType<typeof partOf>['work'] {
    return [...this.#held].flatMap(held => {
      const { work, polls } = partOf(held.effects)
      held.effects = polls
      return work
    })
  }
}

/**
 * What may begin of `effects`, which were asked for `waitedMs` ago. An attempt says when it is made, and an auditor may have
 * read that window by the time a slow disk has synced. One that waited too long is therefore not made: it is refused,
 * unsent, and the engine, told so by `events`, dispatches it anew.
 */
export function passGate(
  effects: readonly EngineEffect[],
  waitedMs: number,
): { readonly passed: readonly EngineEffect[]; readonly events: readonly EngineEvent[] } {
  if (waitedMs <= intentMsMax) return { passed: effects, events: [] }
  const passed: EngineEffect[] = []
  const events: EngineEvent[] = []
  for (const effect of effects) {
    if (effect.kind === 'send') events.push(notBegun(effect, 'the journal was slow'))
    else passed.push(effect)
  }
  return { passed, events }
}
