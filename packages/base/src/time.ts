/**
 * The time as a process reads it: two numbers, because they answer two questions. Both are milliseconds.
 *
 * `nowMs` is monotonic: it counts from some start and nobody can set it. Every interval is a difference of two of them:
 * pace, retries, circuits, polls, holding, draining.
 * `wallMs` is the wall clock, in whole milliseconds since the epoch. It says what to write into requestedAt and which
 * window a settlement is in. An operator or NTP may set it, either way, at any moment.
 */
export interface Time {
  readonly nowMs: number
  readonly wallMs: number
}
