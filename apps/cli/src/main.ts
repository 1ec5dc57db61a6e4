import { runCommand } from '@rinha/service'
import { runCluster } from './cluster.ts'
import { runJournal } from './journal.ts'

await runCommand({
  cluster: { help: 'start the whole system on this machine, until Ctrl-C', run: runCluster },
  journal: { help: 'read a coordinator’s journal through: verify or dump', run: runJournal },
})
