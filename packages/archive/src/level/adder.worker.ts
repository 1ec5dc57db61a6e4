import process from 'node:process'
import { settledPayment } from '../testing.ts'
import { openArchive } from './open-archive.ts'

/** A process for a test to kill: adds payments, and writes how many are durable to its standard output, as soon as they are. */
const wanted = { processors: ['default'], generation: 0, countMin: 0, onProblem: () => {} }
const opened = await openArchive(process.argv[2] ?? '', wanted)
if (!opened.ok) throw new Error(opened.error)
const { archive } = opened.value

const addNext = (from: number) => {
  const payments = Array.from({ length: 500 }, (_, index) => settledPayment(from + index))
  archive.add(payments, problem => {
    if (problem !== undefined) throw new Error(problem)
    process.stdout.write(`${from + payments.length}\n`)
    addNext(from + payments.length)
  })
}
addNext(archive.count - (archive.count % 500))
