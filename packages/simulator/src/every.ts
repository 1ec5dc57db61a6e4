import type { Cancel } from '@rinha/base'

/** A repeating timer, made of one that does not repeat. */
export function every(
  after: (delayMs: number, run: () => void) => Cancel,
  intervalMs: number,
  run: () => void,
): Cancel {
  let cancel = () => {}
  const next = () => {
    cancel = after(intervalMs, () => {
      next()
      run()
    })
  }
  next()
  return () => cancel()
}
