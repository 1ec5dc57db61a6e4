import { Prng } from '@rinha/base'
import type { AckLevel } from '@rinha/node'
import { describe, expect, test } from 'vitest'
import { World } from '../world.ts'
import { AdmissionChecker } from './admission-checker.ts'
import { AnswerChecker } from './answers.ts'
import type { CheckersContext } from './checkers.ts'
import type { HttpAnswer, HttpExchange } from './http.ts'
import type { NodeChannel } from './node-channel.ts'
import { drawPlan, type Plan } from './plan.ts'
import { PostedPayments } from './posted.ts'
import { emptyTally } from './tally.ts'
import { Trace } from './trace.ts'

const usual: Partial<Plan> = {
  ackLevel: 'queued',
  ackLevelMin: 'received',
  ackWaitMsMax: 100,
  journal: true,
  rememberedCountMax: 1_000_000,
  diskTroubleChance: 0,
}

interface Case {
  readonly plan?: Partial<Plan>
  readonly asked?: AckLevel
  readonly status?: number
  readonly level?: AckLevel
  readonly taken?: boolean
  readonly waitedMs?: number
  /** The coordinator's state of the payment; `down` if there is no coordinator. */
  readonly known?: boolean | 'down'
  readonly isWritten?: boolean
  readonly heldCount?: number
  /** The time from a crash to the answer. */
  readonly crashedMsAgo?: number
  readonly retryAfter?: boolean
  /** Whether the payment was posted with another amount. */
  readonly isConflict?: boolean
  readonly body?: string
}

/** The checker's complaint about one answer, or the level that it keeps as promised. */
function judge({
  plan,
  asked,
  status = 202,
  level,
  taken = true,
  waitedMs = 1,
  known = true,
  isWritten = true,
  heldCount = 1,
  crashedMsAgo = Number.POSITIVE_INFINITY,
  retryAfter = true,
  isConflict = false,
  body = '',
}: Case): string {
  const world = new World(1)
  const posted = new PostedPayments(new Prng(1))
  const engine = { status: () => ({ state: known === true ? 'queued' : 'absent' }) }
  const context = {
    world,
    posted,
    plan: { ...drawPlan({ seed: 1 }), ...usual, ...plan },
    trace: new Trace(world),
    tally: emptyTally(),
    coordinator: () =>
      known === 'down' ? undefined : { engine, coordinator: { saidClosedAtMs: world.nowMs } },
  } as unknown as CheckersContext
  const checker = new AnswerChecker(context, () => world.nowMs - crashedMsAgo, new AdmissionChecker(context))
  const node = {
    index: 1,
    canWrite: true,
    hasWritten: () => isWritten,
    end: { unacknowledgedCount: heldCount },
  }
  const headers: Record<string, string> = {}
  if (level !== undefined) headers['preference-applied'] = `ack=${level}`
  if (retryAfter) headers['retry-after'] = '1'
  const answer: HttpAnswer = { status, headers, body }
  const exchange = { taken, wholeAtMs: world.nowMs - waitedMs } as HttpExchange
  const payment = posted.create()
  try {
    checker.onAnswer(
      { payment, isConflict, wasKnown: false },
      asked,
      node as unknown as NodeChannel,
      exchange,
      answer,
    )
  } catch (error) {
    return (error as Error).message
  }
  return payment.promised ?? 'nothing'
}

describe('answers that are allowed', () => {
  test.each<[string, Case, string]>([
    ['the usual level', { level: 'queued' }, 'queued'],
    ['the level asked for', { asked: 'received', level: 'received' }, 'received'],
    ['a lower one when the wait is over', { level: 'received', waitedMs: 100 }, 'received'],
    [
      'queued at once where there is no journal',
      { asked: 'journaled', level: 'queued', plan: { journal: false } },
      'queued',
    ],
    [
      'what a coordinator said before it crashed',
      { level: 'queued', known: 'down', waitedMs: 50, crashedMsAgo: 10 },
      'received',
    ],
    [
      'journaled while the coordinator is down',
      { asked: 'journaled', level: 'journaled', known: 'down', waitedMs: 50, crashedMsAgo: 10 },
      'journaled',
    ],
    ['409 of another amount', { status: 409, isConflict: true }, 'nothing'],
    ['received of another amount', { level: 'received', asked: 'received', isConflict: true }, 'nothing'],
    [
      'received of another amount when the wait is over',
      { level: 'received', isConflict: true, waitedMs: 100 },
      'nothing',
    ],
    [
      '503 by a node that holds nothing, since the queue is too long',
      { status: 503, taken: false, heldCount: 0, body: '… QUEUE_WAIT_MS_MAX …' },
      'nothing',
    ],
    ['503 by a node that holds something', { status: 503, taken: false }, 'nothing'],
    [
      '503 when the wait for the least level is over',
      { status: 503, plan: { ackLevelMin: 'queued' }, waitedMs: 100 },
      'nothing',
    ],
  ])('%s', (_, given, promised) => {
    expect(judge(given)).toBe(promised)
  })
})

describe('answers that are wrong', () => {
  test.each<[string, Case, RegExp]>([
    ['409 of the payment itself', { status: 409 }, /answered 409 and is no conflict/],
    [
      '409 at received',
      { status: 409, isConflict: true, asked: 'received' },
      /answered 409 and is no conflict/,
    ],
    [
      'queued of another amount',
      { level: 'queued', isConflict: true },
      /has another amount, and is told queued/,
    ],
    ['an answer that came too late', { level: 'received', waitedMs: 101 }, /answered after 101 ms/],
    ['202 for what was not taken', { level: 'queued', taken: false }, /was not taken/],
    ['202 without a level', {}, /without a level/],
    ['less than was asked for, early', { level: 'received' }, /less than it asked for/],
    [
      'less than the least',
      { asked: 'received', level: 'received', plan: { ackLevelMin: 'queued' } },
      /less than the least/,
    ],
    [
      'received and nothing written',
      { asked: 'received', level: 'received', isWritten: false },
      /nothing was written/,
    ],
    ['queued, and the coordinator does not know it', { level: 'queued', known: false }, /does not know it/],
    [
      'queued by a coordinator that was down before',
      { level: 'queued', known: 'down', crashedMsAgo: 10 },
      /does not know it/,
    ],
    [
      'journaled without a journal',
      { asked: 'journaled', level: 'journaled', plan: { journal: false } },
      /no journal/,
    ],
    [
      'journaled, and the next coordinator does not know it',
      { asked: 'journaled', level: 'journaled', known: false, waitedMs: 50, crashedMsAgo: 10 },
      /does not know it/,
    ],
    [
      '503 for what was taken, early',
      { status: 503, plan: { ackLevelMin: 'queued' } },
      /was taken, and is answered 503/,
    ],
    ['503 by a node that holds nothing', { status: 503, taken: false, heldCount: 0 }, /holds nothing/],
    ['503 without Retry-After', { status: 503, taken: false, retryAfter: false }, /without Retry-After/],
    ['any other status', { status: 500 }, /is answered 500/],
  ])('%s', (_, given, words) => {
    expect(judge(given)).toMatch(words)
  })
})
