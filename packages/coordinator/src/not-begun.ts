import type { EngineEffect, EngineEvent } from '@rinha/engine'

/** How long an attempt may wait until it begins: a disk that syncs, and the calls before it, take some milliseconds. */
export const intentMsMax = 500

/**
 * Whether an attempt waited too long: for the disk, or because the event loop stood still. An attempt says when it is made,
 * and an auditor may have read that window by now. So it is not made: the engine, told so, dispatches it anew.
 */
export function isTooLate(effect: EngineEffect, nowMs: number): effect is PaymentWork & { kind: 'send' } {
  return effect.kind === 'send' && nowMs - effect.askedAtMs > intentMsMax
}

/** What is done for a payment; a poll of a processor's health is not. */
type PaymentWork = Exclude<EngineEffect, { kind: 'pollHealth' }>

/** Parts effects into what is done for payments, and polls. */
export function partOf(effects: Iterable<EngineEffect>): {
  readonly work: readonly PaymentWork[]
  readonly polls: readonly EngineEffect[]
} {
  const work: PaymentWork[] = []
  const polls: EngineEffect[] = []
  for (const effect of effects) {
    if (effect.kind === 'pollHealth') polls.push(effect)
    else work.push(effect)
  }
  return { work, polls }
}

/** The answer to work that was asked for and is never begun (E6). */
export function notBegun(effect: PaymentWork, reason: string): EngineEvent {
  const { token } = effect
  if (effect.kind === 'lookUp') return { kind: 'lookUpEnded', token, outcome: { kind: 'unknown', reason } }
  return { kind: 'attemptEnded', token, outcome: { kind: 'refused', sent: false, pushedBack: true, reason } }
}
