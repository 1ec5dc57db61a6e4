import { runProgram } from '@rinha/service'
import { cluster } from './cluster.ts'
import { journal } from './journal.ts'

await runProgram([cluster, journal])
