import type { EngineEffect, EngineEvent } from './events.ts'

/** How long an attempt may wait until its intent is in the journal: a disk that syncs takes some milliseconds. */
const intentMsMax = 500

export interface IntentGateOptions {
  /** Runs it once everything written so far is in the journal. */
  readonly whenSynced: (run: () => void) => void
  readonly nowMs: () => number
  readonly tell: (event: EngineEvent) => void
  readonly start: (effects: readonly EngineEffect[]) => void
}

/**
 * Stands between the engine's asking and the driver's doing: an effect passes when what the engine wrote before it asked
 * is in the journal. A successor then knows of every attempt that may have been made, and asks before it makes another.
 *
 * An attempt says when it is made, and an auditor may have read that window by the time a slow disk has synced. One that
 * waited too long is therefore not made: it is refused, unsent, and the engine dispatches it anew.
 */
export class IntentGate {
  readonly #options: IntentGateOptions

  constructor(options: IntentGateOptions) {
    this.#options = options
  }

  pass(effects: readonly EngineEffect[]): void {
    if (effects.length === 0) return
    const { whenSynced, nowMs, start } = this.#options
    const askedAtMs = nowMs()
    whenSynced(() => start(nowMs() - askedAtMs > intentMsMax ? this.#withoutSends(effects) : effects))
  }

  #withoutSends(effects: readonly EngineEffect[]): readonly EngineEffect[] {
    for (const effect of effects) {
      if (effect.kind !== 'send') continue
      const outcome = {
        kind: 'refused',
        sent: false,
        pushedBack: true,
        reason: 'the journal was slow',
      } as const
      this.#options.tell({ kind: 'attemptEnded', token: effect.token, outcome })
    }
    return effects.filter(effect => effect.kind !== 'send')
  }
}
