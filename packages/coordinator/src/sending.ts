import { err, ok, type Result } from '@rinha/base'
import type { Sending } from '@rinha/engine'
import type { OrderRefusal } from './ports.ts'

/** What an operator allows to be sent to each processor, by its name. */
export type SendingByName = { readonly [name: string]: Sending }

export interface SendingChange {
  /** The processors of which it is another. */
  readonly changed: readonly number[]
  readonly before: SendingByName
  readonly after: SendingByName
}

/** The new state if one processor, or without a name all, becomes `sending`. The first names are those with a lane. */
export function changeSending(
  names: readonly string[],
  now: readonly Sending[],
  sending: Sending,
  processor: string | undefined,
): Result<SendingChange, OrderRefusal> {
  const live = names.slice(0, now.length)
  if (processor !== undefined && !live.includes(processor))
    return err({ kind: 'absent', detail: `No processor is named ${processor}: ${live.join(', ')}.` })
  const next = now.map((each, index) =>
    processor === undefined || names[index] === processor ? sending : each,
  )
  const byName = (all: readonly Sending[]): SendingByName =>
    Object.fromEntries(all.map((each, index) => [names[index], each]))
  const changed = [...next.keys()].filter(index => next[index] !== now[index])
  return ok({ changed, before: byName(now), after: byName(next) })
}

/** An earlier process's pauses, for today's processors. If all of them are paused, a new processor is paused too. */
export function restoreSending(names: readonly string[], kept: SendingByName): readonly Sending[] {
  const values = Object.values(kept)
  const ofNew = values.length > 0 && values.every(sending => sending === 'paused') ? 'paused' : 'on'
  return names.map(name => (Object.hasOwn(kept, name) ? (kept[name] ?? 'on') : ofNew))
}
