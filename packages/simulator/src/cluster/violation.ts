/** The outside checkers, by what each of them holds true. `assert` stands for the asserts inside the shipping code. */
const checkerNames = [
  'conservation',
  'once',
  'window',
  'bounds',
  'poll',
  'progress',
  'protocol',
  'reads',
  'assert',
] as const
export type CheckerName = (typeof checkerNames)[number]

/** Thrown where a run is seen to break what must always hold: the run is over. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly checker: CheckerName

  constructor(checker: CheckerName, message: string) {
    super(message)
    this.checker = checker
  }
}
