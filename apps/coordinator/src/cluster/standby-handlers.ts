import { adminDocument, adminOperations } from '@rinha/admin-api'
import type { Candidate } from '@rinha/coordinator'
import type { Handlers, ProblemAnswer } from '@rinha/openapi'
import type { Shard } from '@rinha/payment'
import { Metrics } from '@rinha/service/metrics'
import { addLeadership } from '../metrics/leadership.ts'

/** The admin port of a standby: that it is one, how far it has come, and where the leader is. */
export function standbyHandlers(
  candidate: () => Candidate | undefined,
  shard: Shard,
): Handlers<typeof adminOperations> {
  const away = (): ProblemAnswer => {
    const leader = candidate()?.leader?.address
    const where = leader === undefined ? 'No leader is known' : `API nodes reach the leader at ${leader}`
    return { problem: 'unavailable', detail: `This coordinator is a standby. ${where}.` }
  }
  const metrics = new Metrics()
  addLeadership(metrics, false, () => candidate()?.leader?.epoch ?? 0, shard)
  metrics.add(
    'gauge',
    'standby_lag_records',
    'Records of the leader that this standby has not applied.',
    () => candidate()?.lagCount ?? 0,
  )
  metrics.add(
    'gauge',
    'standby_payments',
    'Payments in the ledger of this standby.',
    () => candidate()?.paymentCount ?? 0,
  )
  const handlers: Pick<Handlers<typeof adminOperations>, 'getHealth' | 'getMetrics' | 'getDocument'> = {
    getMetrics: async () => ({ status: 200, body: await metrics.print() }),
    getHealth: () => ({
      status: 200,
      body: { status: 'standby', nodes: [], standby: statusOf(candidate()) },
    }),
    getDocument: () => ({ status: 200, body: `${JSON.stringify(adminDocument)}\n` }),
  }
  const others = Object.fromEntries(Object.keys(adminOperations).map(name => [name, away]))
  return { ...others, ...handlers } as Handlers<typeof adminOperations>
}

function statusOf(candidate: Candidate | undefined) {
  return {
    leader: candidate?.leader?.address ?? '',
    leaderEpoch: candidate?.leader?.epoch ?? 0,
    sequence: candidate?.sequence ?? 0,
    lagCount: candidate?.lagCount ?? 0,
    paymentCount: candidate?.paymentCount ?? 0,
  }
}
