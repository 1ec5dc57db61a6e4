import { runProgram } from '@rinha/service'
import { cluster } from './cluster.ts'
import { journal } from './journal.ts'
import { payment } from './payment.ts'
import { reconcile } from './reconcile.ts'
import { status } from './status.ts'

await runProgram([cluster, journal, payment, reconcile, status])
