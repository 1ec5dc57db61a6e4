/** Two signals closer together than this are one keypress. */
const echoMs = 500

/** Calls `first` on the first signal to stop, `again` on a later one; returns how to stop listening. */
export function onStopSignals(first: () => void, again: () => void): () => void {
  let firstAtMs: number | undefined
  const onSignal = () => {
    if (firstAtMs === undefined) {
      firstAtMs = Date.now()
      first()
    } else if (Date.now() - firstAtMs > echoMs) again()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}

/**
 * Does work that ends early, and puts right what it must, when SIGINT or SIGTERM aborts its signal. Resolves with its exit
 * code; where it rejects after an interrupt, with 130, told by `onInterrupted`. The signals are caught until the end, not
 * only once: a Ctrl-C under npm arrives twice, and the second one must not cut the tidying short.
 */
export async function interruptible(
  work: (interrupt: AbortSignal) => Promise<number>,
  onInterrupted: () => void,
): Promise<number> {
  const controller = new AbortController()
  const interrupt = () => controller.abort()
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.on(signal, interrupt)
  try {
    return await work(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
    onInterrupted()
    return 130
  } finally {
    for (const signal of signals) process.off(signal, interrupt)
  }
}
