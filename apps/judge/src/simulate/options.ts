import { availableParallelism } from 'node:os'
import { policyNames } from '@rinha/routing'
import { choice, flag, integer, number, type Settings, text } from '@rinha/settings'

const workersMax = 64

export const simulateOptions = {
  seed: integer({
    fallback: 1,
    min: 0,
    max: 2 ** 31,
    help: 'the first seed; each further run has the next one',
    valueName: 'S',
  }),
  seeds: integer({ fallback: 100, min: 1, max: 10_000_000, help: 'the number of runs' }),
  minutes: number({
    min: 0.01,
    max: 600,
    valueName: 'M',
    help: 'virtual minutes of faults in each run, after which everything is healed; each seed chooses 0.4 to 1.3 by default',
  }),
  payments: integer({ min: 1, max: 1_000_000, help: 'the most payments in a run' }),
  crashes: flag({
    help:
      'the coordinator crashes and starts again, up to three times a run; some crashes are power cuts. In two runs of three ' +
      'it has a journal and must lose nothing; in a few of these its disk is lost, too. In one run of three it has no journal. ' +
      'What is lost without a journal, or with the disk, is not counted as a violation',
  }),
  replicated: flag({
    help:
      'two or three coordinators with a replicated log: one of them leads. They are killed, told to stop, stopped and continued, ' +
      'and cut off; the log elects leaders, loses messages, lags and fills up. Without --crashes',
  }),
  shards: integer({
    min: 2,
    max: 16,
    valueName: 'N',
    help:
      'so many coordinators, among which payments are divided, in place of one. Single ways are cut, from a node to a shard and from a ' +
      'shard to shard 0, which alone polls. With --crashes, or with --replicated, all of it happens to each shard',
  }),
  policy: choice({
    words: policyNames,
    valueName: 'NAME',
    help: 'plays only the seeds that choose this policy. A seed chooses the policy together with what a run with it should show',
  }),
  mutant: text({
    valueName: 'NAME',
    help: 'plays with one of the deliberate bugs of packages/simulator/mutants/, which a checker should find',
  }),
  html: text({
    valueName: 'FILE',
    help:
      'plays only this seed, and writes a page that shows the run step by step: messages, the queue, circuits, faults, and ' +
      'the violation if there is one',
  }),
  workers: integer({
    fallback: Math.min(availableParallelism(), workersMax),
    min: 1,
    max: workersMax,
    valueName: 'W',
    help: 'the number of threads; one for each core by default',
  }),
}

export type SimulateOptions = Settings<typeof simulateOptions>
