import { type AckLevel, ackLevels } from '@rinha/node'
import { choice, flag, integer, number, type Settings, text } from '@rinha/settings'
import { nodeNames, type PlanOptions } from './plan.ts'

export const chaosFlags = {
  minutes: number({
    fallback: 1,
    min: 0.05,
    max: 600,
    valueName: 'M',
    help: 'how long before everything is healed',
  }),
  every: number({
    fallback: 3,
    min: 0.2,
    max: 600,
    valueName: 'S',
    help: 'seconds between two faults, on average',
  }),
  seed: integer({
    min: 0,
    max: 2 ** 31,
    help:
      'what goes wrong when, and what is posted; by chance and printed by default. Real processes have their own time: ' +
      'the same seed gives the same faults, not the same run',
  }),
  vus: integer({ fallback: 50, min: 1, max: 500, help: 'clients that post at the same time' }),
  level: choice({
    words: ackLevels,
    valueName: 'LEVEL',
    help: 'what clients ask for (Prefer: ack=LEVEL); each by chance by default',
  }),
  noJournal: flag({
    help:
      'the coordinator has no journal and is killed and restarted, the API nodes are not: what it had may be lost, and ' +
      'nothing may be charged twice, however often clients post again',
  }),
  spare: choice({
    words: ['coordinator', 'nodes'],
    valueName: 'NAME',
    help: 'is neither killed nor restarted (paused it may be)',
  }),
  keep: text({
    valueName: 'DIR',
    allowed: 'the path of a folder',
    help: 'keeps data and logs in that folder, which must be new or empty; otherwise they are kept only where a rule was broken',
  }),
}

export type ChaosFlags = Settings<typeof chaosFlags>

export interface ChaosOptions extends PlanOptions {
  /** What clients ask for; undefined is each of them by chance. */
  readonly level: AckLevel | undefined
  readonly clientCount: number
  readonly hasJournal: boolean
}

/** `seed` is for where none is given. */
export function chaosOptions(flags: ChaosFlags, seed: number): ChaosOptions {
  const spared = { coordinator: ['coordinator'], nodes: nodeNames, none: [] } as const
  return {
    lengthMs: flags.minutes * 60_000,
    everyMs: flags.every * 1000,
    seed: flags.seed ?? seed,
    level: flags.level,
    clientCount: flags.vus,
    hasJournal: !flags.noJournal,
    // Surviving API nodes tell a coordinator without a journal what it cannot know.
    spared: flags.noJournal
      ? [...nodeNames, ...spared[flags.spare ?? 'none']]
      : spared[flags.spare ?? 'none'],
  }
}
