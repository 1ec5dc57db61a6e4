/** Waits, for a test, until something is so: at most some seconds. */
export async function until(what: string, condition: () => boolean, waitMsMax = 10_000): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    if (waitedMs > waitMsMax) throw new Error(`waited in vain until ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
