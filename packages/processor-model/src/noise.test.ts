import { describe, expect, test } from 'vitest'
import { noNoise, type ProcessorNoise } from './noise.ts'
import { officialProcessor } from './options.ts'
import { type LookUpAnswer, ProcessorModel } from './processor-model.ts'
import { ManualTime } from './testing.ts'

/** A clock, and chance that has every thousandth exactly once in a thousand draws. */
class EvenChance extends ManualTime {
  drawCount = 0

  override unit(): number {
    this.drawCount += 1
    return ((this.drawCount * 387) % 1000) / 1000
  }
}

let time: ManualTime
let model: ProcessorModel
let nextId: number
/** Answers, each as what was said and how long after the payment came. */
let told: string[]

function start(noise: Partial<ProcessorNoise> = {}, chance: ManualTime = new EvenChance()): void {
  time = chance
  nextId = 0
  told = []
  model = new ProcessorModel(officialProcessor, {
    nowMs: () => time.nowMs(),
    after: time.after.bind(time),
    unit: () => time.unit(),
  })
  model.noise = { ...noNoise, ...noise }
}

const idOf = (number: number) => {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, number)
  return id
}

function pay(number = nextId++): void {
  const cameMs = time.elapsedMs
  const call = model.arrive((status, instead) => {
    const said = instead === 'reset' ? 'reset' : instead?.status || status
    told.push(`${said} @${time.elapsedMs - cameMs}`)
  })
  model.bodyArrived(call, { correlationId: idOf(number), amountCents: 1990, requestedAtMs: 1 })
}

function payMany(count: number): void {
  for (let number = 0; number < count; number += 1) pay()
}

function lookUp(number: number): string | number {
  let said: LookUpAnswer['status'] | 'reset' = 404
  model.lookUp(idOf(number), (answer, instead) => {
    said = instead === 'reset' ? 'reset' : answer.status
  })
  return said
}

function countsOf(answers: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1
  return counts
}

/** How long after their payments answers came. */
const lateMs = () => told.map(answer => Number(answer.split('@')[1])).filter(ms => ms > 0)

const allAtOnce: Partial<ProcessorNoise> = {
  resetBeforeShare: 0.01,
  resetAfterShare: 0.02,
  failAfterShare: 0.005,
  pushBackShare: 0.03,
}

describe('N1: without noise', () => {
  test('no random number is drawn, and no answer is late', () => {
    const chance = new EvenChance()
    start({}, chance)
    payMany(100)
    lookUp(0)
    expect([chance.drawCount, countsOf(told), time.timerCount]).toEqual([0, { '200 @0': 100 }, 0])
  })
})

describe('N2: shares are exact', () => {
  test('of payments, all at once', () => {
    start(allAtOnce)
    payMany(1000)
    expect(countsOf(told)).toEqual({ '200 @0': 935, 'reset @0': 30, '429 @0': 30, '503 @0': 5 })
    expect(model.books.count).toBe(935 + 20 + 5)
    expect(model.limiter.runningCount).toBe(0)
  })

  test('by seeded chance, over many, nearly', () => {
    start(allAtOnce, new ManualTime())
    payMany(100_000)
    const { 'reset @0': resets = 0, '429 @0': pushBacks = 0, '503 @0': failures = 0 } = countsOf(told)
    expect(resets / 100_000).toBeCloseTo(0.03, 2)
    expect(pushBacks / 100_000).toBeCloseTo(0.03, 2)
    expect(failures / 100_000).toBeCloseTo(0.005, 3)
  })

  test('each fault alone records, or not, as its name says', () => {
    for (const [noise, said, recordedCount] of [
      [{ resetBeforeShare: 1 }, 'reset @0', 0],
      [{ resetAfterShare: 1 }, 'reset @0', 10],
      [{ failAfterShare: 1 }, '503 @0', 10],
      [{ pushBackShare: 1 }, '429 @0', 0],
      [{ pushBackShare: 1, resetAfterShare: 1 }, '429 @0', 0],
    ] as const) {
      start(noise)
      payMany(10)
      expect([countsOf(told), model.books.count]).toEqual([{ [said]: 10 }, recordedCount])
    }
  })

  test('a failing processor answers 500 for a payment that was not inserted, and no noise hides that', () => {
    start({ resetAfterShare: 0.5, failAfterShare: 0.5 })
    model.failing = true
    payMany(10)
    expect([countsOf(told), model.books.count]).toEqual([{ '500 @0': 10 }, 0])
  })

  test('a repeat is a duplicate or noise again, and is recorded once', () => {
    start({ resetAfterShare: 0.5 })
    for (let number = 0; number < 1000; number += 1) pay(7)
    expect(countsOf(told)['reset @0']).toBe(500)
    expect(countsOf(told)['422 @0']).toBeGreaterThan(498)
    expect(model.books.count).toBe(1)
  })
})

test('N3: a look-up is reset and pushed back as often, and never late or failed', () => {
  start({ ...allAtOnce, tailKind: 'uniform', tailShare: 1, tailMsMin: 100, tailMsMax: 100 })
  model.books.record(idOf(1), 1990, 1)
  const answers = Array.from({ length: 1000 }, () => lookUp(1))
  expect(countsOf(answers)).toEqual({ 200: 940, reset: 30, 429: 30 })
  expect(time.timerCount).toBe(0)
})

describe('a tail', () => {
  const tail = { tailKind: 'uniform', tailShare: 0.01, tailMsMin: 1000, tailMsMax: 10_000 } as const

  test('is that of a share of the payments, and lies in its range', () => {
    start(tail, new ManualTime())
    for (let round = 0; round < 100; round += 1) {
      payMany(1000)
      time.pass(10_000)
    }
    const late = lateMs()
    expect(told).toHaveLength(100_000)
    expect(late.length / 100_000).toBeCloseTo(0.01, 3)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(1000)
    expect(Math.max(...late)).toBeLessThanOrEqual(10_000)
    expect(late.reduce((sum, ms) => sum + ms, 0) / late.length / 5500).toBeCloseTo(1, 1)
  })

  test.each([true, false])(
    'after the insert (%s) or before it, it keeps its place until the answer',
    tailAfterInsert => {
      start({ ...tail, tailShare: 1, tailMsMin: 3000, tailMsMax: 3000, tailAfterInsert })
      pay()
      time.pass(2999)
      expect([told, model.books.count, model.limiter.runningCount]).toEqual([[], tailAfterInsert ? 1 : 0, 1])
      time.pass(1)
      expect([told, model.books.count, model.limiter.runningCount]).toEqual([['200 @3000'], 1, 0])
    },
  )

  test.each([
    // The share that is later than the median or scale, later than ten of it, and later than a cap.
    ['logNormal', 1, 0.5, 0.0107],
    ['pareto', 1.5, 1, 10 ** -1.5],
  ] as const)(
    '%s has the shape of its name, and an end',
    (tailKind, tailShape, laterThanMin, laterThanTen) => {
      const noise = { ...tail, tailKind, tailShape, tailShare: 1, tailMsMin: 100, tailMsMax: 1500 }
      start(noise, new ManualTime())
      for (let round = 0; round < 500; round += 1) {
        payMany(50)
        time.pass(2000)
      }
      const late = lateMs()
      const shareLaterThan = (ms: number) => late.filter(each => each > ms).length / late.length
      expect(late).toHaveLength(25_000)
      expect(shareLaterThan(100 * (1 - 1e-9))).toBeCloseTo(laterThanMin, 2)
      expect(shareLaterThan(1000)).toBeCloseTo(laterThanTen, 2)
      expect(Math.max(...late)).toBeCloseTo(1500, 6)
    },
  )
})

describe('N4: a limit of payments a second', () => {
  test('holds one second’s worth, is full at first, and fills evenly', () => {
    start({ perSecondMax: 50 })
    payMany(60)
    expect(countsOf(told)).toEqual({ '200 @0': 50, '429 @0': 10 })
    time.pass(100)
    payMany(10)
    expect(countsOf(told)['200 @0']).toBe(55)
    expect(lookUp(1)).toBe(429)
    time.pass(60_000)
    payMany(100)
    expect([countsOf(told)['200 @0'], model.books.count]).toEqual([105, 105])
  })

  test('counts look-ups', () => {
    start({ perSecondMax: 2 })
    model.books.record(idOf(9), 1990, 1)
    expect([lookUp(9), lookUp(9), lookUp(9)]).toEqual([200, 200, 429])
    pay()
    expect(told).toEqual(['429 @0'])
  })
})

test('a brown-out: each payment takes longer by those that run when it begins', () => {
  start({ loadMs: 10 })
  model.delayMs = 100
  payMany(3)
  time.pass(200)
  pay()
  time.pass(200)
  expect(told).toEqual(['200 @110', '200 @120', '200 @130', '200 @110'])
})

test('N5: after a second without payments all that begin while it wakes end when it has woken', () => {
  start({ slowStartMs: 2000 })
  pay()
  for (let count = 0; count < 5; count += 1) {
    time.pass(500)
    pay()
  }
  const waking = ['200 @2000', '200 @1500', '200 @1000', '200 @500', '200 @0', '200 @0']
  time.pass(0)
  expect(told.toSorted()).toEqual(waking.toSorted())
  time.pass(999)
  pay()
  expect(told.at(-1)).toBe('200 @0')
  time.pass(1000)
  pay()
  time.pass(2000)
  expect(told.at(-1)).toBe('200 @2000')
})
