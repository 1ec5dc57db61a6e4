import type { World } from './world.ts'

/**
 * A timer of a simulated process: after `delayMs` of virtual time, `runner` runs the callback, unless it has been
 * cancelled. Returns the function that cancels it.
 */
export function after(
  world: World,
  runner: { run(work: () => void): void },
  delayMs: number,
  callback: () => void,
): () => void {
  let isCancelled = false
  world.after(delayMs, () =>
    runner.run(() => {
      if (!isCancelled) callback()
    }),
  )
  return () => {
    isCancelled = true
  }
}
