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
