/**
 * Runs changes one after the other: what one of them reads and records is still so when it is made. One that fails is no
 * reason for the next.
 */
export function inTurn(): <Answer>(change: () => Promise<Answer>) => Promise<Answer> {
  let last: Promise<unknown> = Promise.resolve()
  return change => {
    const done = last.then(change)
    last = done.catch(() => {})
    return done
  }
}
