import { describe, expect, test } from 'vitest'
import { Admission } from './admission.ts'

/** A queue that is looked at every 100 ms: what came and what left in that time. */
class Queue {
  readonly admission: Admission
  nowMs = 5000
  acceptedCount = 0
  queuedCount = 0

  constructor(queueWaitMsMax = 2000) {
    this.admission = new Admission(queueWaitMsMax, this.nowMs)
  }

  /** In each tenth of a second. What leaves is at most what is there. */
  pass(ms: number, cameCount: number, leftCount: number): this {
    for (let spentMs = 0; spentMs < ms; spentMs += 100) {
      this.nowMs += 100
      this.acceptedCount += cameCount
      this.queuedCount = Math.max(0, this.queuedCount + cameCount - leftCount)
      this.admission.look(this, this.nowMs)
    }
    return this
  }

  /** These many are in the queue again: attempts were refused. */
  comeBack(count: number): this {
    this.queuedCount += count
    return this
  }

  get waitMs(): number {
    return this.admission.report.predictedWaitMs
  }

  get retryAfterSeconds(): number {
    return this.admission.retryAfterSeconds
  }
}

describe('the predicted wait', () => {
  test('is nothing where all that waited has left since (A1), however slow', () => {
    expect(new Queue().pass(10_000, 60, 60).waitMs).toBe(0)
    expect(new Queue().pass(10_000, 1, 1).waitMs).toBe(0)
  })

  test('is the length of the queue over the rate at which it really drains', () => {
    // 400 come and 100 leave: after three seconds 9000 wait, and leave at 1000 a second.
    const queue = new Queue().pass(3000, 400, 100)
    expect(queue.queuedCount).toBe(9000)
    expect(queue.waitMs).toBe(9000)
  })

  test('follows the rate within a second or two', () => {
    const queue = new Queue().pass(3000, 400, 100).pass(2000, 400, 400)
    expect(queue.queuedCount).toBe(9000)
    expect(queue.waitMs).toBeLessThan(3000)
  })

  test('does not take what a trickle leaves by for what a burst could', () => {
    const queue = new Queue().pass(10_000, 1, 1).pass(100, 1000, 0).pass(300, 0, 100)
    expect(queue.waitMs).toBe(7 * 100)
  })

  test('before anything has left is the time for which nothing has', () => {
    // At the first look nothing had waited at the look before it.
    expect(new Queue().pass(100, 10, 0).waitMs).toBe(0)
    expect(new Queue().pass(800, 10, 0).waitMs).toBe(700)
  })

  test('grows with an outage, on top of what was there', () => {
    const queue = new Queue().pass(3000, 150, 100).pass(5000, 0, 0)
    expect(queue.queuedCount).toBe(1500)
    expect(queue.waitMs).toBe(5000 + 1500)
  })

  test('counts no payment as progress that has only come back and left again (A3)', () => {
    const queue = new Queue().pass(1000, 20, 10)
    for (let canary = 0; canary < 20; canary += 1) queue.pass(100, 0, 1).comeBack(1).pass(100, 0, 0)
    expect(queue.waitMs).toBeGreaterThan(3900)
  })

  test('after an outage is right again within two seconds', () => {
    const queue = new Queue().pass(3000, 150, 100).pass(60_000, 10, 0).pass(2000, 100, 100)
    expect(queue.queuedCount).toBe(7500)
    expect(queue.waitMs).toBeGreaterThan(7000)
    expect(queue.waitMs).toBeLessThan(10_500)
  })

  test('is nothing after a purge', () => {
    const queue = new Queue().pass(3000, 150, 100)
    queue.acceptedCount = 0
    queue.queuedCount = 0
    expect(queue.pass(100, 0, 0).waitMs).toBe(0)
    expect(queue.pass(300, 150, 100).waitMs).toBeLessThan(200)
  })
})

describe('new payments', () => {
  test('are told to come again after the wait, in whole seconds and rounded up, once it is too long', () => {
    const queue = new Queue(2000).pass(1000, 300, 100)
    expect([queue.waitMs, queue.retryAfterSeconds]).toEqual([2000, 0])
    queue.pass(100, 300, 100)
    expect([queue.waitMs, queue.retryAfterSeconds]).toEqual([2200, 3])
  })

  test('are refused where nothing has left for longer than that (A2)', () => {
    const queue = new Queue(2000).pass(2100, 10, 0)
    expect(queue.retryAfterSeconds).toBe(0)
    expect(queue.pass(100, 10, 0).retryAfterSeconds).toBe(3)
  })

  test('may come again when the queue is short enough', () => {
    const queue = new Queue(2000).pass(2000, 300, 100)
    expect(queue.retryAfterSeconds).toBeGreaterThan(0)
    expect(queue.pass(2000, 0, 100).retryAfterSeconds).toBe(0)
  })

  test('are never told to come after more than an hour', () => {
    expect(new Queue(2000).pass(1000, 10, 0).pass(5_000_000, 0, 0).retryAfterSeconds).toBe(3600)
  })

  test('are never refused where no limit is set, until one is', () => {
    const queue = new Queue(0).pass(60_000, 300, 100)
    expect([queue.waitMs, queue.retryAfterSeconds]).toEqual([120_000, 0])
    queue.admission.configure(2000)
    expect(queue.retryAfterSeconds).toBe(120)
  })
})
