import process from 'node:process'

/**
 * One shape for every bench: a question, and rows that answer it. A row is a cost an operation, in CPU time, beside that of a
 * primitive: something small that everybody knows, such as `JSON.parse` of the same payment. The ratio of the two is what is
 * compared between runs.
 *
 * CPU time, because a machine that others use stretches every wall time. Subject and primitive in turn, and the median of the
 * ratios, because it stretches CPU time, too: caches and the cores' clock are shared. tinybench and mitata measure wall time of
 * one task after the other, so neither is used.
 */
export interface Bench {
  readonly question: string
  readonly notMeasured: string
  /** A bench that needs processes of its own does its own measuring. A bench without rows has no short form. */
  rows(isShort: boolean): readonly (Row | Measured)[] | Promise<readonly (Row | Measured)[]>
}

export interface Row {
  readonly name: string
  readonly subject: Work
  readonly primitive: Work
  /** Microseconds an operation, at the most. */
  readonly targetUs?: number
  /** Payments held meanwhile: rows that differ in it alone make a curve. */
  readonly heldCount?: number
  /** Bytes a payment, where the row is about memory. */
  readonly bytes?: number
  readonly targetBytes?: number
}

export interface Work {
  readonly name: string
  /** The figures of one run. */
  readonly operationCount: number
  /** What comes before a run and is not measured. Answers the run. */
  prepare(): () => unknown
}

/** Times are microseconds of CPU an operation. */
export interface Measured extends Omit<Row, 'subject' | 'primitive'> {
  readonly us: number
  readonly primitive: string
  readonly primitiveUs: number
  readonly ratio: number
}

export interface BenchResult extends Pick<Bench, 'question' | 'notMeasured'> {
  readonly rows: readonly Measured[]
}

const long = { roundCount: 9, cpuMsMin: 40, warmUpCount: 3 }
/** Many short blocks: what disturbs a machine lasts longer than a pair of them, and so changes both or few. */
const short = { roundCount: 21, cpuMsMin: 3, warmUpCount: 5 }

/** Measures and prints: JSON where it is started by the runner (tools/bench.ts), else a table. */
export async function bench({ question, notMeasured, rows }: Bench): Promise<void> {
  const isShort = process.argv.includes('--short')
  const measured: Measured[] = []
  for (const row of await rows(isShort)) measured.push('us' in row ? row : measureRow(row, isShort))
  const result: BenchResult = { question, notMeasured, rows: measured }
  if (process.send !== undefined) process.send(result)
  else {
    process.stdout.write(`${question}\n`)
    process.stdout.write(`${JSON.stringify(result.rows, null, 1)}\n`)
  }
}

export function measureRow({ subject, primitive, ...row }: Row, isShort = false): Measured {
  const { roundCount, cpuMsMin, warmUpCount } = isShort ? short : long
  const rounds: { readonly us: number; readonly primitiveUs: number }[] = []
  for (let round = -warmUpCount; round < roundCount; round += 1) {
    const us = cpuUsOf(subject, cpuMsMin)
    const primitiveUs = cpuUsOf(primitive, cpuMsMin)
    if (round >= 0) rounds.push({ us, primitiveUs })
  }
  const us = median(rounds.map(found => found.us))
  const primitiveUs = median(rounds.map(found => found.primitiveUs))
  const ratio = median(rounds.map(found => found.us / found.primitiveUs))
  return { ...row, us, primitive: primitive.name, primitiveUs, ratio }
}

/** CPU of all this process's threads, so that of collecting garbage is in it. As many runs as it takes to be worth measuring. */
function cpuUsOf({ prepare, operationCount }: Work, cpuMsMin: number): number {
  let [cpuUs, runCount] = [0, 0]
  while (cpuUs < cpuMsMin * 1000) {
    const run = prepare()
    const before = process.cpuUsage()
    kept.value = run()
    const { user, system } = process.cpuUsage(before)
    cpuUs += user + system
    runCount += 1
  }
  return cpuUs / (runCount * operationCount)
}

/** What a run came to: a compiler that saw it unused could leave the run out. */
const kept: { value?: unknown } = {}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2
}
