import process from 'node:process'
import type { ReadyMessage } from '@rinha/service'
import { LoadGenerator } from './generator.ts'
import type { FromGenerator, LoadPlan } from './messages.ts'

/**
 * The load generator's process. It has an event loop of its own, so that neither audits nor progress lines add to a
 * latency. Its parent tells it when to stop, and it ends when its parent has gone.
 */
const tickMs = 500

let generator: LoadGenerator | undefined
let ticking: NodeJS.Timeout | undefined

process.on('message', (plan: LoadPlan) => {
  generator = new LoadGenerator(plan, () => {
    clearInterval(ticking)
    tellTick()
    tell({ kind: 'done' })
  })
  ticking = setInterval(tellTick, tickMs)
  generator.start()
})
process.on('disconnect', leave)
// A Ctrl-C in the terminal reaches the whole process group; the parent decides what becomes of the run.
process.on('SIGINT', () => {})
process.on('SIGTERM', leave)

tell({ kind: 'ready', name: 'score-load', addresses: {} })

function tellTick(): void {
  if (generator !== undefined) tell({ kind: 'tick', ...generator.tick() })
}

function tell(message: FromGenerator | ReadyMessage): void {
  // A parent that is just going away is no error here: `disconnect` follows.
  if (process.connected) process.send?.(message, undefined, {}, () => {})
}

function leave(): void {
  generator?.stop()
  process.exit(0)
}
