import type { Shard } from './shard.ts'
import type { Trace } from './trace.ts'
import { feeBpsOf } from './watched-engine.ts'

/**
 * At the end of the calm, nothing may have waited for longer than this and the policy's hold budget. Noise is such that one
 * sound processor carries all that is posted: rare faults of every kind cost no throughput that shows here. A hiccup stops
 * a lane until its first probe: for a moment, or twice the guard.
 */
const calmAgeMsMax = 3000
/** At the end of the calm, nodes hold at most what comes in a second, and this much: a burst. */
const calmHeldCountMax = 30
/**
 * If every processor is late, the guard loses its worth first (10 s of patience, then 10 s), and then the backlog
 * drains at 2 s for each payment.
 */
const lateCalmAgeMsMax = 7000

/** The calm is over: a shard and the nodes have settled what came, but for what has just come. */
export function checkCalm({ plan, nodes, running }: Shard, trace: Trace): void {
  const heldCount = nodes.reduce((sum, { end }) => sum + (end?.unacknowledgedCount ?? 0), 0)
  if (heldCount > plan.paymentsPerSecond + calmHeldCountMax)
    trace.blame('progress', `the network works well, and ${heldCount} payments wait in the nodes`)
  const status = running?.coordinator.status()
  const { auditGuardMs, calmLate, calmNoise, calmOutage, outageMsPerPercent } = plan
  const holdMs = calmOutage ? ((feeBpsOf(1) - feeBpsOf(0)) / 100) * outageMsPerPercent : 0
  const probeMs = calmNoise === 'none' ? 0 : 2 * auditGuardMs
  const ageMsMax = holdMs + probeMs + (calmLate ? lateCalmAgeMsMax : calmAgeMsMax)
  if (status === undefined || status.oldestQueuedAgeMs <= ageMsMax) return
  trace.blame(
    'progress',
    `a processor works well, and ${status.queuedCount} payments wait, for up to ${status.oldestQueuedAgeMs} ms`,
  )
}
