import { beforeEach, expect, test } from 'vitest'
import { officialProcessor, type ProcessorOptions } from './options.ts'
import { type PaymentCall, ProcessorModel } from './processor-model.ts'
import { ManualTime } from './testing.ts'

let time: ManualTime
let model: ProcessorModel
/** The answers to each caller, and their times. */
let answers: string[]

function start(options: Partial<ProcessorOptions> = {}, serviceMs = 0): void {
  time = new ManualTime()
  answers = []
  const ports = {
    nowMs: () => time.nowMs(),
    after: time.after.bind(time),
    unit: () => time.unit(),
    serviceMs: () => serviceMs,
  }
  const small = { delayMs: 100, runningCountMax: 2, waitingCountMax: 2 }
  model = new ProcessorModel({ ...officialProcessor, ...small, ...options }, ports)
}
beforeEach(() => start())

const idOf = (name: string) => new Uint8Array(16).fill(name.charCodeAt(0))
const told = (name: string) => (status: number) => answers.push(`${name} ${status} @${time.elapsedMs}`)
const arrive = (name: string) => model.arrive(told(name))
const body = (name: string, amountCents = 1990) => ({
  correlationId: idOf(name),
  amountCents,
  requestedAtMs: 1_754_774_396_123,
})
const lookUp = (name: string) => model.lookUp(idOf(name), ({ status }) => told(name)(status))

function pay(...names: string[]): PaymentCall[] {
  return names.map(name => {
    const call = arrive(name)
    model.bodyArrived(call, body(name))
    return call
  })
}

test('P2: a payment is recorded and answered once its delay is over, not before', () => {
  pay('a')
  time.pass(99)
  expect([answers, model.books.count]).toEqual([[], 0])
  time.pass(1)
  expect([answers, model.books.count]).toEqual([['a 200 @100'], 1])
})

test('P2: the delay is the one set when a payment begins, and the failure switch is read when the delay is over', () => {
  model.failing = true
  pay('a')
  time.pass(50)
  ;[model.delayMs, model.failing] = [0, false]
  pay('b')
  expect(answers).toEqual(['b 200 @50'])
  model.failing = true
  pay('c')
  model.failing = false
  time.pass(50)
  expect(answers.slice(1)).toEqual(['c 500 @50', 'a 200 @100'])
  expect(model.find(idOf('c'))).toEqual({ status: 404 })
})

test('the service time is added to the delay; a negative delay counts as 0', () => {
  start({ delayMs: -5 }, 3)
  pay('a')
  time.pass(10)
  expect(answers).toEqual(['a 200 @3'])
})

test('a wrong body is answered before the delay, whatever the failure switch says', () => {
  model.failing = true
  model.bodyArrived(arrive('a'), 400)
  model.bodyArrived(arrive('b'), 415)
  expect([answers, time.timerCount]).toEqual([['a 400 @0', 'b 415 @0'], 0])
})

test('a failing processor answers a payment it has with 500 and not 422: it never gets as far as the insert', () => {
  model.delayMs = 0
  pay('a')
  model.failing = true
  pay('a')
  model.failing = false
  pay('a')
  expect(answers).toEqual(['a 200 @0', 'a 500 @0', 'a 422 @0'])
})

test('a duplicate changes nothing, and the payment is found as it was first recorded', () => {
  model.delayMs = 0
  pay('a')
  model.bodyArrived(arrive('a'), { ...body('a', 1), requestedAtMs: 0 })
  expect(model.find(idOf('a'))).toEqual({ status: 200, payment: body('a') })
})

test('P1, P3: a client that goes away does not stop the insert, and holds its place until then', () => {
  for (const call of pay('a', 'b')) model.goneAway(call)
  lookUp('c')
  expect(answers).toEqual([])
  time.pass(100)
  expect(answers).toEqual(['c 404 @100'])
  expect([model.books.count, model.limiter.runningCount]).toEqual([2, 0])
})

test('a client that goes away while it waits is forgotten', () => {
  const waiting = pay('a', 'b', 'c')[2]
  if (waiting !== undefined) model.goneAway(waiting)
  time.pass(300)
  expect([answers, model.books.count]).toEqual([['a 200 @100', 'b 200 @100'], 2])
})

test('a client that goes away in the middle of its body gives its place back', () => {
  const half = arrive('a')
  expect(model.limiter.runningCount).toBe(1)
  model.goneAway(half)
  expect([model.limiter.runningCount, time.timerCount]).toEqual([0, 0])
})

test('a body may arrive while its payment waits, and a slow one holds its place before the delay begins', () => {
  const slow = [arrive('a'), arrive('b')]
  pay('c')
  time.pass(1000)
  expect([model.limiter.runningCount, model.limiter.waitingCount]).toEqual([2, 1])
  for (const [index, call] of slow.entries()) model.bodyArrived(call, body(['a', 'b'][index] ?? ''))
  time.pass(1000)
  expect(answers).toEqual(['a 200 @1100', 'b 200 @1100', 'c 200 @1200'])
})

test('when no place to run or to wait is left, a payment or a look-up is refused at once', () => {
  pay('a', 'b', 'c', 'd')
  arrive('e')
  lookUp('f')
  expect(answers).toEqual(['e 429 @0', 'f 429 @0'])
  time.pass(500)
  expect(answers.slice(2)).toEqual(['a 200 @100', 'b 200 @100', 'c 200 @200', 'd 200 @200'])
})

test('the official limits are 800 running and 500 waiting', () => {
  start({ runningCountMax: 800, waitingCountMax: 500 })
  for (let number = 0; number < 1301; number += 1) arrive('a')
  expect([model.limiter.runningCount, model.limiter.waitingCount]).toEqual([
    officialProcessor.runningCountMax,
    officialProcessor.waitingCountMax,
  ])
  expect(answers).toEqual(['a 429 @0'])
})

test('P4: a look-up is neither delayed nor failing, but waits where all places are taken', () => {
  start({ runningCountMax: 1, failing: true })
  lookUp('a')
  pay('b')
  lookUp('c')
  model.lookUp(undefined, ({ status }) => told('no id')(status))
  expect(answers).toEqual(['a 404 @0'])
  time.pass(100)
  expect(answers.slice(1)).toEqual(['b 500 @100', 'c 404 @100', 'no id 400 @100'])
})

test('a place that is left passes through any number of look-ups without a stack overflow', () => {
  start({ runningCountMax: 1, waitingCountMax: 50_000 })
  pay('a')
  for (let count = 0; count < 50_000; count += 1) lookUp('b')
  time.pass(100)
  expect([answers.length, model.limiter.runningCount]).toEqual([50_001, 0])
})

test('a health call tells the switches as they stand when its window comes', () => {
  const seen: unknown[] = []
  const ask = () => model.health(answer => seen.push(answer))
  ask()
  ask()
  const leave = ask()
  ask()
  ;[model.delayMs, model.failing] = [7, true]
  leave()
  time.pass(60_000)
  expect(seen).toEqual([
    { status: 200, failing: false, minResponseTimeMs: 100 },
    { status: 429 },
    { status: 200, failing: true, minResponseTimeMs: 7 },
  ])
})

test('a summary includes both ends, and is everything where either is missing', () => {
  start({ delayMs: 0, runningCountMax: 3 })
  for (const requestedAtMs of [1, 2, 3])
    model.bodyArrived(arrive('a'), {
      correlationId: idOf(`${requestedAtMs}`),
      amountCents: 10,
      requestedAtMs,
    })
  expect(model.summary(2, 3)).toEqual({ count: 2, amountCents: 20 })
  for (const [fromMs, toMs] of [[2], [undefined, 2], []])
    expect(model.summary(fromMs, toMs)).toEqual({ count: 3, amountCents: 30 })
})

test('the present token counts, and full books answer 500', () => {
  start({ delayMs: 0, token: 'old', paymentCountMax: 1 })
  model.token = 'new'
  expect([model.authorizes('old'), model.authorizes('new')]).toEqual([false, true])
  pay('a', 'b', 'a')
  expect(answers).toEqual(['a 200 @0', 'b 500 @0', 'a 422 @0'])
})
