import process from 'node:process'
import type { SteadyPlan } from './load-plan.ts'
import { steadyLoad } from './steady-load.ts'

/** The load's process. It has an event loop of its own, so that no counting in between adds to a latency. */
process.on('message', async (plan: SteadyPlan) => process.send?.(await steadyLoad(plan)))
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})
process.on('SIGTERM', () => process.exit(0))
process.send?.({ kind: 'ready', name: 'steady-load', addresses: {} })
