import type { EngineEffect, EngineEvent } from '@rinha/engine'

/** How long an attempt may wait until its intent is in the log: a disk that syncs takes some milliseconds. */
export const intentMsMax = 500

/**
 * What may begin of `effects`, which were asked for `waitedMs` ago, when the facts that came with them are in the log. A
 * successor then knows of every attempt that may have been made, and asks before it makes another.
 *
 * An attempt says when it is made, and an auditor may have read that window by the time a slow disk has synced. One that
 * waited too long is therefore not made: it is refused, unsent, and the engine, told so by `events`, dispatches it anew.
 */
export function passGate(
  effects: readonly EngineEffect[],
  waitedMs: number,
): { readonly passed: readonly EngineEffect[]; readonly events: readonly EngineEvent[] } {
  if (waitedMs <= intentMsMax) return { passed: effects, events: [] }
  const passed: EngineEffect[] = []
  const events: EngineEvent[] = []
  for (const effect of effects) {
    if (effect.kind === 'send') events.push({ kind: 'attemptEnded', token: effect.token, outcome: tooLate })
    else passed.push(effect)
  }
  return { passed, events }
}

const tooLate = { kind: 'refused', sent: false, pushedBack: true, reason: 'the journal was slow' } as const
