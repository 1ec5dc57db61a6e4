import { availableParallelism } from 'node:os'
import { policyNumberProblem } from '@rinha/routing'
import { UsageProblem } from '@rinha/service'
import { choice, integer, type Settings, several, text } from '@rinha/settings'
import { type Candidate, candidateLabels, createCandidate } from '@rinha/simulator'

/** The folder of the published table. */
export const officialDirectory = 'docs/learning'

export const labFlags = {
  policies: text({
    fallback: 'all',
    valueName: 'LIST',
    help:
      `the policies to play, with commas between: all, or some of ${candidateLabels.join(', ')}. NAME:name=number:name=number is a ` +
      'variant of one: patient:countMax=100',
  }),
  set: several(
    text({
      valueName: 'NAME=NUMBER',
      pattern: /^\w+=/,
      allowed: 'name=number, such as countMax=100',
      help: 'sets a number of every chosen policy; may be given several times. A wrong name is refused with a list of the right ones',
    }),
  ),
  only: choice({
    words: ['preview', 'final', 'random', 'noise'],
    valueName: 'PART',
    help: 'plays only this part of the schedules; all four by default',
  }),
  schedules: integer({
    fallback: 200,
    min: 1,
    max: 100_000,
    help: 'the number of random schedules in the set for tuning, and as many in the set kept apart; a fifth as many are played with noise',
  }),
  seed: integer({
    fallback: 1,
    min: 1,
    max: 900_000,
    help: 'the first seed of the tuning set; the seeds of the set kept apart move with it',
  }),
  processors: integer({
    fallback: 2,
    min: 1,
    max: 8,
    help: 'the number of processors in the random schedules',
  }),
  audits: choice({
    words: ['usual', 'strict'],
    fallback: 'usual',
    help:
      'strict: plays random schedules at guards of 500, 1500 and 2000 ms, audited every 100 ms, until those that can be ' +
      'played without an audit difference have a million payments',
  }),
  workers: integer({
    fallback: availableParallelism(),
    min: 1,
    max: 256,
    help: 'the number of threads; one for each core by default. It does not change the results',
  }),
  out: text({
    valueName: 'DIR',
    allowed: 'the path of a folder',
    help:
      'writes the table (policy-laboratory.md) and the plot (policy-laboratory.svg) to this folder. A run without any ' +
      `option writes them to ${officialDirectory}`,
  }),
}

type LabFlags = Settings<typeof labFlags>

/** The flags, with the policies that they name. */
export interface LabOptions extends LabFlags {
  readonly candidates: readonly Candidate[]
}

/** How the flags go together. Throws a UsageProblem with a line for each way in which they do not. */
export function labOptions(flags: LabFlags): LabOptions {
  const problems: string[] = []
  const candidates = readCandidates(
    flags.policies === 'all' ? candidateLabels.join(',') : flags.policies,
    flags.set,
    problems,
  )
  const isBare = Object.entries(labFlags).every(
    ([name, { fallback }]) => String(flags[name as keyof LabFlags]) === String(fallback),
  )
  if (flags.audits === 'strict' && flags.only !== undefined)
    problems.push('--audits strict has schedules of its own: leave --only out')
  if (problems.length > 0) throw new UsageProblem(...problems)
  return { ...flags, candidates, out: flags.out ?? (isBare ? officialDirectory : undefined) }
}

function readCandidates(list: string, sets: readonly string[], problems: string[]): readonly Candidate[] {
  const numbersOf = (texts: readonly string[]): Record<string, number> => {
    const numbers: Record<string, number> = {}
    for (const text of texts) {
      const [, name, value = ''] = /^(\w+)=(.*)$/.exec(text) ?? []
      const problem = name && policyNumberProblem(name, value)
      if (name === undefined) problems.push(`"${text}" is not of the form name=number`)
      else if (problem) problems.push(problem)
      else numbers[name] = Number(value)
    }
    return numbers
  }
  const common = numbersOf(sets)
  return list.split(',').flatMap(label => {
    const [name = '', ...own] = label.trim().split(':')
    const candidate = createCandidate(name, { ...common, ...numbersOf(own) }, label.trim())
    if (typeof candidate !== 'string') return [candidate]
    problems.push(candidate)
    return []
  })
}
