/**
 * States what the programmer believes. A broken belief stops the operation at once, in production too: going on
 * with a wrong belief about money is worse than stopping.
 *
 * Not for bad input or failing peers: those are expected and are answered with a result, not an exception.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Thrown by {@link assert} alone, so that a shell can tell a bug of ours from an error of the platform. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** For the `default` of a switch over a closed union: the compiler proves that it cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`)
}
