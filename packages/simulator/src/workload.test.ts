import { readPaymentAmountCents } from '@rinha/payment'
import { expect, test } from 'vitest'
import { type RampPoint, userStartsMs, usualAnswerMs, Workload } from './workload.ts'
import { World, worldStartMs } from './world.ts'

const exact = { minMs: 0, maxMs: 0 }

function play(ramp: readonly RampPoint[], seed = 1, answerMs = exact) {
  const world = new World(seed)
  const atMs: number[] = []
  const ids = new Set<string>()
  const amounts = new Set<number>()
  const workload = new Workload(world, {
    ramp,
    thinkTimeMs: 1000,
    amountCents: 1990,
    arrivalMs: exact,
    answerMs,
    onPayment: record => {
      atMs.push(world.nowMs - worldStartMs)
      ids.add(record.subarray(0, 16).join())
      amounts.add(readPaymentAmountCents(record, 0))
    },
  })
  workload.start()
  world.runUntil(worldStartMs + 600_000)
  expect([...amounts]).toEqual([1990])
  return { workload, atMs, ids, lastEndMs: workload.lastIterationEndMs - worldStartMs }
}

test('users start when the ramp’s line reaches their number; one is there from the start', () => {
  expect(
    userStartsMs([
      { atMs: 0, users: 1 },
      { atMs: 4000, users: 5 },
    ]),
  ).toEqual([0, 1000, 2000, 3000, 4000])
  expect(
    userStartsMs([
      { atMs: 0, users: 0 },
      { atMs: 4000, users: 4 },
    ]),
  ).toEqual([0, 2000, 3000, 4000])
  const jump = [
    { atMs: 0, users: 2 },
    { atMs: 1000, users: 2 },
    { atMs: 1000, users: 3 },
  ]
  expect(userStartsMs(jump)).toEqual([0, 0, 1000])
})

test('each user posts, thinks and posts again, and starts nothing at or after the end', () => {
  const { atMs, workload, lastEndMs } = play([
    { atMs: 0, users: 1 },
    { atMs: 4000, users: 5 },
  ])
  expect(atMs).toEqual([0, 1000, 1000, 2000, 2000, 2000, 3000, 3000, 3000, 3000])
  expect([workload.postedCount, lastEndMs]).toEqual([10, 4000])
})

test('the official final’s ramp posts its 90.6 thousand payments, each under an id of its own', () => {
  const { workload, ids } = play(
    [
      { atMs: 0, users: 1 },
      { atMs: 300_000, users: 603 },
    ],
    1,
    usualAnswerMs,
  )
  expect(Math.round(workload.postedCount / 100)).toBe(906)
  expect(ids.size).toBe(workload.postedCount)
})

test('another seed gives other ids at the same times', () => {
  const ramp = [
    { atMs: 0, users: 1 },
    { atMs: 4000, users: 5 },
  ]
  expect(play(ramp, 2).atMs).toEqual(play(ramp, 1).atMs)
  expect(play(ramp, 2).ids).not.toEqual(play(ramp, 1).ids)
  expect(play(ramp, 1).ids).toEqual(play(ramp, 1).ids)
})
