import { runProgram } from '@rinha/service'
import { admin } from './admin.ts'
import { cluster } from './cluster.ts'
import { journal } from './journal.ts'
import { ledger } from './ledger.ts'
import { payment } from './payment.ts'
import { reconcile } from './reconcile.ts'
import { status } from './status.ts'

await runProgram([admin, cluster, journal, ledger, payment, reconcile, status])
