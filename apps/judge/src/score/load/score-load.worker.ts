import process from 'node:process'
import type { ReadyMessage } from '@rinha/service'
import { LoadGenerator } from './generator.ts'
import type { FromGenerator, LoadPlan } from './messages.ts'

/**
 * The load generator's process: an event loop of its own, so that neither audits nor progress lines stand between an
 * answer and its latency. It is told by its parent when to stop, and leaves when its parent is gone.
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
