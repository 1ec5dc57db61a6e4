import { describe, expect, test } from 'vitest'
import { Admission } from './admission.ts'

/** A queue whose length is measured every 100 ms. */
class Queue {
  readonly admission: Admission
  nowMs = 5000
  acceptedCount = 0
  queuedCount = 0

  constructor(queueWaitMsMax = 2000) {
    this.admission = new Admission(queueWaitMsMax, this.nowMs)
  }

  /** `cameCount` payments arrive and up to `leftCount` leave in each tenth of a second. */
  pass(ms: number, cameCount: number, leftCount: number): this {
    for (let spentMs = 0; spentMs < ms; spentMs += 100) {
      this.nowMs += 100
      this.acceptedCount += cameCount
      this.queuedCount = Math.max(0, this.queuedCount + cameCount - leftCount)
      this.admission.look(this, this.nowMs)
    }
    return this
  }

  /** Payments come back to the queue, because their attempts were refused. */
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
  test('is 0 when all payments that waited at the last measurement have left (A1), however slowly', () => {
    expect(new Queue().pass(10_000, 60, 60).waitMs).toBe(0)
    expect(new Queue().pass(10_000, 1, 1).waitMs).toBe(0)
  })

  test('is the length of the queue divided by the rate at which it really drains', () => {
    // In each tenth of a second 400 come and 100 leave. After three seconds 9000 wait, and 1000 leave a second.
    const queue = new Queue().pass(3000, 400, 100)
    expect(queue.queuedCount).toBe(9000)
    expect(queue.waitMs).toBe(9000)
  })

  test('follows the rate within a second or two', () => {
    const queue = new Queue().pass(3000, 400, 100).pass(2000, 400, 400)
    expect(queue.queuedCount).toBe(9000)
    expect(queue.waitMs).toBeLessThan(3000)
  })

  test('takes the drain rate of a burst from the burst, and not from a trickle before it', () => {
    const queue = new Queue().pass(10_000, 1, 1).pass(100, 1000, 0).pass(300, 0, 100)
    expect(queue.waitMs).toBe(7 * 100)
  })

  test('is, before a first payment has left, the time for which none has', () => {
    // No payment had waited at the measurement before the first one.
    expect(new Queue().pass(100, 10, 0).waitMs).toBe(0)
    expect(new Queue().pass(800, 10, 0).waitMs).toBe(700)
  })

  test('grows by the length of an outage, on top of the wait before it', () => {
    const queue = new Queue().pass(3000, 150, 100).pass(5000, 0, 0)
    expect(queue.queuedCount).toBe(1500)
    expect(queue.waitMs).toBe(5000 + 1500)
  })

  test('counts no progress for a payment that has come back and left again (A3)', () => {
    const queue = new Queue().pass(1000, 20, 10)
    for (let canary = 0; canary < 20; canary += 1) queue.pass(100, 0, 1).comeBack(1).pass(100, 0, 0)
    expect(queue.waitMs).toBeGreaterThan(3900)
  })

  test('is right again within two seconds after an outage', () => {
    const queue = new Queue().pass(3000, 150, 100).pass(60_000, 10, 0).pass(2000, 100, 100)
    expect(queue.queuedCount).toBe(7500)
    expect(queue.waitMs).toBeGreaterThan(7000)
    expect(queue.waitMs).toBeLessThan(10_500)
  })

  test('is 0 after a purge', () => {
    const queue = new Queue().pass(3000, 150, 100)
    queue.acceptedCount = 0
    queue.queuedCount = 0
    expect(queue.pass(100, 0, 0).waitMs).toBe(0)
    expect(queue.pass(300, 150, 100).waitMs).toBeLessThan(200)
  })
})

describe('new payments', () => {
  test('are told to come again after the wait, in seconds rounded up, once the wait is too long', () => {
    const queue = new Queue(2000).pass(1000, 300, 100)
    expect([queue.waitMs, queue.retryAfterSeconds]).toEqual([2000, 0])
    queue.pass(100, 300, 100)
    expect([queue.waitMs, queue.retryAfterSeconds]).toEqual([2200, 3])
  })

  test('are refused once no payment has left for longer than the limit (A2)', () => {
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

  test('are not refused without a limit, and are refused once one is set', () => {
    const queue = new Queue(0).pass(60_000, 300, 100)
    expect([queue.waitMs, queue.retryAfterSeconds]).toEqual([120_000, 0])
    queue.admission.configure(2000)
    expect(queue.retryAfterSeconds).toBe(120)
  })
})
