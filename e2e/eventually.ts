/** Looks again until the answer is the wanted one, and gives the last answer when the time is over. */
export async function eventually<T>(
  look: () => Promise<T>,
  wanted: (answer: T) => boolean,
  withinMs = 5_000,
): Promise<T> {
  const endMs = Date.now() + withinMs
  for (;;) {
    const answer = await look()
    if (wanted(answer) || Date.now() >= endMs) return answer
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}
