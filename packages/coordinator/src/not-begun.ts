import type { Term } from '@rinha/channel'
import type { EngineEffect, EngineEvent, EngineOptions } from '@rinha/engine'

/** How long an attempt may wait until it begins: a disk that syncs, and the calls before it, take some milliseconds. */
export const intentMsMax = 500
/** The same of a poll. */
export const pollIntentMsMax = 300

/**
 * What is different for an engine that takes over in a replicated log: the leader before it may live, and begin a poll that was
 * in the log before the claim.
 */
export function takeoverOptions(term: Term | undefined): Pick<EngineOptions, 'firstPollsLateMs'> {
  return term === undefined ? {} : { firstPollsLateMs: pollIntentMsMax }
}

/**
 * Whether an attempt waited too long: for the disk, or because the event loop stood still. An attempt carries a
 * requestedAt, and an auditor may have read that window by now. So the attempt is not made: it is reported to the
 * engine, which dispatches the payment anew. A poll that comes late may be that of a process that stood still while another one
 * has asked: it is left out.
 */
export function isTooLate(effect: EngineEffect, nowMs: number): effect is TimedEffect {
  if (effect.kind === 'lookUp') return false
  if (effect.kind === 'pollHealth') return nowMs - effect.askedAtMs > pollIntentMsMax
  return nowMs - effect.askedAtMs > intentMsMax
}

type TimedEffect = Exclude<EngineEffect, { kind: 'lookUp' }>

/** What is done for a payment; a poll of a processor's health is not. */
export type PaymentWork = Exclude<EngineEffect, { kind: 'pollHealth' }>

/** Which work for payments is withdrawn before it begins. */
export type IsWithdrawn = (work: PaymentWork) => boolean

/** Splits effects into those that are withdrawn and the others. */
export function partOf(
  effects: Iterable<EngineEffect>,
  isWithdrawn: IsWithdrawn,
): { readonly withdrawn: readonly PaymentWork[]; readonly left: EngineEffect[] } {
  const withdrawn: PaymentWork[] = []
  const left: EngineEffect[] = []
  for (const effect of effects) {
    if (effect.kind !== 'pollHealth' && isWithdrawn(effect)) withdrawn.push(effect)
    else left.push(effect)
  }
  return { withdrawn, left }
}

/** The answer to an attempt or a poll that waited too long (E6): fewer attempts are to be sent at a time. */
export function tooLate(effect: TimedEffect): EngineEvent {
  const reason = 'it was to begin too late'
  if (effect.kind === 'send')
    return { kind: 'attemptEnded', token: effect.token, outcome: { ...unsent, reason } }
  return { kind: 'healthPolled', processor: effect.processor, outcome: { kind: 'unknown', reason } }
}

/** The answer to work that is withdrawn before it begins (E6): it says nothing about the processor. */
export function withdrawn({ kind, token }: PaymentWork, reason: string): EngineEvent {
  if (kind === 'lookUp') return { kind: 'lookUpEnded', token, outcome: { kind: 'unknown', reason } }
  return { kind: 'attemptEnded', token, outcome: { ...unsent, withdrawn: true, reason } }
}

const unsent = { kind: 'refused', sent: false, pushedBack: true } as const
