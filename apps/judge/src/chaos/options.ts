import { type LocalAckLevel, localAckLevels } from '@rinha/node'
import { choice, flag, integer, number, type Settings, text } from '@rinha/settings'
import { nodeNames, type PlanOptions } from './plan.ts'

export const chaosFlags = {
  minutes: number({
    fallback: 1,
    min: 0.05,
    max: 600,
    valueName: 'M',
    help: 'how long faults happen; after that everything is healed',
  }),
  every: number({
    fallback: 3,
    min: 0.2,
    max: 600,
    valueName: 'S',
    help: 'the average pause between two faults, in seconds',
  }),
  seed: integer({
    min: 0,
    max: 2 ** 31,
    help:
      'decides which faults happen when, and what is posted; random by default, and printed. The same seed gives the same ' +
      'faults but not the same run, because real processes have timing of their own',
  }),
  vus: integer({ fallback: 50, min: 1, max: 500, help: 'clients that post at the same time' }),
  level: choice({
    words: localAckLevels,
    valueName: 'LEVEL',
    help: 'the acknowledgement level that clients ask for (Prefer: ack=LEVEL); a random one for each payment by default',
  }),
  noJournal: flag({
    help:
      'the coordinator has no journal and is killed and restarted; the API nodes are not. Payments that the coordinator ' +
      'had may be lost, but none may be charged twice, however often clients post it again',
  }),
  spare: choice({
    words: ['coordinator', 'nodes'],
    valueName: 'NAME',
    help: 'these processes are neither killed nor restarted; they may still be paused',
  }),
  keep: text({
    valueName: 'DIR',
    allowed: 'the path of a folder',
    help: 'keeps data and logs in this folder, which must be new or empty; without it they are kept only if a rule was broken',
  }),
}

export type ChaosFlags = Settings<typeof chaosFlags>

export interface ChaosOptions extends PlanOptions {
  /** The acknowledgement level that clients ask for. Undefined: a random one for each payment. */
  readonly level: LocalAckLevel | undefined
  readonly clientCount: number
  readonly hasJournal: boolean
}

/** `seed` is used if the flags have none. */
export function chaosOptions(flags: ChaosFlags, seed: number): ChaosOptions {
  const spared = { coordinator: ['coordinator'], nodes: nodeNames, none: [] } as const
  return {
    lengthMs: flags.minutes * 60_000,
    everyMs: flags.every * 1000,
    seed: flags.seed ?? seed,
    level: flags.level,
    clientCount: flags.vus,
    hasJournal: !flags.noJournal,
    // A restarted coordinator without a journal learns from surviving API nodes that there was one before it.
    spared: flags.noJournal
      ? [...nodeNames, ...spared[flags.spare ?? 'none']]
      : spared[flags.spare ?? 'none'],
  }
}
