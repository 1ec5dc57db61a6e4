/** The outside checkers, by what each of them holds true. `assert` stands for the asserts inside the shipping code. */
const checkerNames = [
  'conservation',
  'once',
  'window',
  'bounds',
  'poll',
  'progress',
  'hand',
  'money',
  'protocol',
  'reads',
  'reconciliation',
  'retention',
  'leadership',
  'assert',
] as const
export type CheckerName = (typeof checkerNames)[number]

/** Thrown where two processes wrote side by side on the disk and the next one says so: the run is over, and all is well. */
export class DamageFound extends Error {
  override readonly name = 'DamageFound'
}

/** Thrown where a run is seen to break what must always hold: the run is over. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly checker: CheckerName

  constructor(checker: CheckerName, message: string) {
    super(message)
    this.checker = checker
  }
}
