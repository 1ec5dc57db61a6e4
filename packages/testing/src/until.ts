const lookMs = 5
/** Against hanging, not a limit on speed: a machine that lends its cores to others takes ten times as long. */
const waitMsMax = 20_000

/**
 * Looks again and again until the answer is a yes (anything but false and its like), and resolves with that answer. Rejects
 * after twenty seconds, or after `withinMs`, with `what` was waited for: by default, the text of the condition.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  what = String(condition),
  withinMs = waitMsMax,
): Promise<Exclude<T, false | undefined>> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const answer = await condition()
    if (answer) return answer as Exclude<T, false | undefined>
    if (performance.now() >= endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, lookMs))
  }
}
