import { availableParallelism } from 'node:os'
import { flag, integer, number, type Settings, text } from '@rinha/settings'

const workersMax = 64

export const simulateOptions = {
  seed: integer({
    fallback: 1,
    min: 0,
    max: 2 ** 31,
    help: 'the first seed; the others follow',
    valueName: 'S',
  }),
  seeds: integer({ fallback: 100, min: 1, max: 10_000_000, help: 'so many runs' }),
  minutes: number({
    min: 0.01,
    max: 600,
    valueName: 'M',
    help: 'virtual minutes of each run before all heals; each seed chooses 0.4 to 1.3 by default',
  }),
  payments: integer({ min: 1, max: 1_000_000, help: 'no more than so many payments a run' }),
  crashes: flag({
    help:
      'the coordinator crashes and starts again, up to three times a run, some of them power cuts. In two runs of three it ' +
      'writes a journal and has to go on where it was; in the others what it had is lost with it, and those payments are ' +
      'left out of the accounts',
  }),
  mutant: text({
    valueName: 'NAME',
    help: 'with one of the deliberate bugs of packages/simulator/mutants/, which is to be found',
  }),
  html: text({
    valueName: 'FILE',
    help:
      'plays the seed alone, and writes a page that shows the run step by step: what is sent to whom, the queue, circuits, ' +
      'faults, and the violation where there is one',
  }),
  workers: integer({
    fallback: Math.min(availableParallelism(), workersMax),
    min: 1,
    max: workersMax,
    valueName: 'W',
    help: 'threads; as many as there are cores by default',
  }),
}

export type SimulateOptions = Settings<typeof simulateOptions>
