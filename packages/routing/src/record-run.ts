/** So long without a record is an outage: the run of records after it begins anew. */
const gapMs = 60_000

/** When a processor has recorded attempts: since when without an outage, and last. Monotonic times. */
export class RecordRun {
  /** +Infinity before the first. */
  sinceMs = Number.POSITIVE_INFINITY
  /** −Infinity before the first. */
  lastAtMs = Number.NEGATIVE_INFINITY

  recorded(nowMs: number): void {
    if (nowMs - this.lastAtMs >= gapMs) this.sinceMs = nowMs
    this.lastAtMs = nowMs
  }
}
