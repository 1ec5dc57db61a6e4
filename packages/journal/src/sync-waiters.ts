import { assert } from '@rinha/base'

/**
 * Who waits for a frame to be on disk, in the order in which they asked. Frames are synced in order, so this is a queue:
 * an array that is consumed from the front and cut when it is empty or half used.
 */
export class SyncWaiters {
  #frames: number[] = []
  #runs: (() => void)[] = []
  #head = 0
  #running = false

  get count(): number {
    return this.#runs.length - this.#head
  }

  /** Called at once if there are no other waiters and the frame is synced already. */
  add(frame: number, syncedFrame: number, run: () => void): void {
    if (this.count === 0 && !this.#running && frame <= syncedFrame) return run()
    assert(this.count === 0 || frame >= (this.#frames.at(-1) ?? 0), 'later callers wait for later frames')
    this.#frames.push(frame)
    this.#runs.push(run)
  }

  /** Calls all waiters for frames up to this one, also those that are added meanwhile. */
  runThrough(syncedFrame: number): void {
    if (this.#running) return
    this.#running = true
    try {
      for (;;) {
        const run = this.#runs[this.#head]
        if (run === undefined || (this.#frames[this.#head] ?? 0) > syncedFrame) return
        this.#head += 1
        run()
      }
    } finally {
      this.#running = false
      this.#compact()
    }
  }

  #compact(): void {
    if (this.#head < this.#runs.length && this.#head < this.#runs.length / 2) return
    this.#frames = this.#frames.slice(this.#head)
    this.#runs = this.#runs.slice(this.#head)
    this.#head = 0
  }
}
