import { beforeEach, expect, test } from 'vitest'
import { twinDefaults } from './options.ts'
import { PaymentDesk, type Visit } from './payment-desk.ts'
import { Processor } from './processor.ts'

/** A clock that stands still until it is told to go on. */
let pending: { delayMs: number; then: () => void }[]
let answers: string[]
let processor: Processor
let desk: PaymentDesk

beforeEach(() => {
  const options = { ...twinDefaults, delayMs: 100, runningCountMax: 2, waitingCountMax: 2 }
  pending = []
  answers = []
  processor = new Processor(options)
  desk = new PaymentDesk(processor, options, (delayMs, then) => pending.push({ delayMs, then }))
})

const idOf = (name: string) => `${name.charCodeAt(0)}`.padStart(8, '0').concat('-0000-0000-0000-000000000000')

function open(name: string, kind: Visit['kind'], body?: string): Visit {
  const visit: Visit = {
    kind,
    id: kind === 'lookup' ? idOf(name) : '',
    contentType: 'application/json',
    body: kind === 'lookup' ? new Uint8Array(0) : undefined,
    running: false,
    gone: false,
    reply: answer => answers.push(`${name} ${answer.status.slice(0, 3)}`),
  }
  desk.arrive(visit)
  if (kind === 'payment' && body !== '') {
    desk.bodyArrived(visit, new TextEncoder().encode(body ?? `{"correlationId":"${idOf(name)}","amount":1}`))
  }
  return visit
}

const passDelay = () => {
  for (const { then } of pending.splice(0)) then()
}

test('a payment is recorded and answered once its delay is over, not before (invariant 2)', () => {
  open('a', 'payment')
  expect(pending.map(({ delayMs }) => delayMs)).toEqual([100])
  expect([answers, processor.store.total().count]).toEqual([[], 0])
  passDelay()
  expect([answers, processor.store.total().count]).toEqual([['a 200'], 1])
})

test('a wrong body is answered before the delay, whatever the failure switch says', () => {
  processor.failing = true
  open('a', 'payment', '{"amount":true}')
  open('b', 'payment', 'x')
  expect([answers, pending.length]).toEqual([['a 400', 'b 400'], 0])
})

test('the failure switch counts as it stands after the delay', () => {
  open('a', 'payment')
  processor.failing = true
  passDelay()
  open('b', 'payment')
  processor.failing = false
  passDelay()
  expect(answers).toEqual(['a 500', 'b 200'])
  expect(processor.store.total().count).toBe(1)
})

test('a client that goes away does not stop the insert, and holds its place until then (invariants 1 and 3)', () => {
  const gone = ['a', 'b'].map(name => open(name, 'payment'))
  for (const visit of gone) desk.goneAway(visit)
  open('c', 'lookup')
  expect(answers).toEqual([])
  passDelay()
  expect(answers).toEqual(['c 404'])
  expect(processor.store.total().count).toBe(2)
  expect(desk.limiter.runningCount).toBe(0)
})

test('a client that goes away while it waits leaves nothing behind', () => {
  for (const name of ['a', 'b']) open(name, 'payment')
  const waiting = open('c', 'payment')
  desk.goneAway(waiting)
  passDelay()
  passDelay()
  expect([answers, processor.store.total().count]).toEqual([['a 200', 'b 200'], 2])
})

test('a client that goes away in the middle of its body gives its place back', () => {
  const half = open('a', 'payment', '')
  expect(desk.limiter.runningCount).toBe(1)
  desk.goneAway(half)
  expect([desk.limiter.runningCount, pending.length]).toEqual([0, 0])
})

test('past running and waiting a payment or a look-up is refused at once; a body may arrive while it waits', () => {
  for (const name of ['a', 'b', 'c', 'd']) open(name, 'payment')
  open('e', 'payment', '')
  open('f', 'lookup')
  expect(answers).toEqual(['e 429', 'f 429'])
  passDelay()
  passDelay()
  expect(answers.slice(2)).toEqual(['a 200', 'b 200', 'c 200', 'd 200'])
})

test('a place that is left passes through any number of look-ups without a stack overflow', () => {
  const options = { ...twinDefaults, delayMs: 100, runningCountMax: 1, waitingCountMax: 50_000 }
  desk = new PaymentDesk(processor, options, (delayMs, then) => pending.push({ delayMs, then }))
  open('a', 'payment')
  for (let count = 0; count < 50_000; count += 1) open('b', 'lookup')
  passDelay()
  expect(answers.length).toBe(50_001)
  expect(desk.limiter.runningCount).toBe(0)
})
