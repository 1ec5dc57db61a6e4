/** Two signals closer together than this are one keypress. */
const echoMs = 100

/** Ctrl-C, an orderly stop, and a terminal that is closed. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls `first` on the first signal to stop, `again` on each later one with how many that makes; returns how to stop listening. */
export function onStopSignals(
  first: (signal: NodeJS.Signals) => void,
  again: (count: number) => void,
): () => void {
  let [count, lastAtMs] = [0, Number.NEGATIVE_INFINITY]
  const onSignal = (signal: NodeJS.Signals) => {
    const nowMs = performance.now()
    if (nowMs - lastAtMs <= echoMs) return
    lastAtMs = nowMs
    count += 1
    if (count === 1) first(signal)
    else again(count)
  }
  for (const signal of stopSignals) process.on(signal, onSignal)
  return () => {
    for (const signal of stopSignals) process.off(signal, onSignal)
  }
}

/**
 * Does work that ends early, and puts right what it must, when a signal to stop aborts its own. Resolves with its exit
 * code; where it rejects after an interrupt, with 130, told by `onInterrupted`. The signals are caught until the end, not
 * only once: a Ctrl-C under npm arrives twice, and the second one must not cut the tidying short.
 */
export async function interruptible(
  work: (interrupt: AbortSignal) => Promise<number>,
  onInterrupted: () => void,
): Promise<number> {
  const controller = new AbortController()
  const interrupt = () => controller.abort()
  for (const signal of stopSignals) process.on(signal, interrupt)
  try {
    return await work(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
    onInterrupted()
    return 130
  } finally {
    for (const signal of stopSignals) process.off(signal, interrupt)
  }
}

/** The signals for the end of a service. */
export interface StopRequests {
  /** Aborted by the first signal, or because the parent has ended. Its reason says which. */
  readonly asked: AbortSignal
  /** Aborted by the second signal: skip what is not done yet. */
  readonly hurried: AbortSignal
  /** Stops the service as the first signal does, for a cause of its own. */
  readonly ask: (cause: string) => void
}

/** Listens from now on, for as long as the process lives. The third signal ends it at once. */
export function stopRequests(): StopRequests {
  const [asked, hurried] = [new AbortController(), new AbortController()]
  const again = (count: number) => (count === 2 ? hurried.abort() : process.exit(1))
  const ask = (cause: string) => asked.abort(cause)
  onStopSignals(ask, again)
  if (process.send !== undefined) process.on('disconnect', () => ask('parent gone'))
  return { asked: asked.signal, hurried: hurried.signal, ask }
}

/** Never resolves if there is no signal. */
export function whenAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) resolve()
    else signal?.addEventListener('abort', () => resolve(), { once: true })
  })
}
