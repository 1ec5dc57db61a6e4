import { describe, expect, test } from 'vitest'
import { Checkers, type Running } from './checkers.ts'
import type { NodeChannel } from './node-channel.ts'
import type { Posted } from './posted.ts'
import { blamed, Facts } from './testing.ts'

/** A node and a coordinator that have exactly the payments that a test gives them. */
function checking() {
  const facts = new Facts()
  const held = new Set<string>()
  const synced: (() => void)[] = []
  const end = {
    unacknowledgedCount: 0,
    holdsPayment: (correlationId: Uint8Array) => held.has(String(correlationId)),
  }
  const node = { index: 0, end } as unknown as NodeChannel
  const running = {
    engine: facts.engine,
    channel: { outstandingCount: 0 },
    coordinator: { status: () => ({ processors: [], holding: null }), retryAfterSeconds: () => 0 },
    process: { time: () => ({ nowMs: facts.world.nowMs, wallMs: facts.atMs }) },
    log: { whenSynced: (run: () => void) => synced.push(run) },
  } as unknown as Running
  const state = { isUp: true }
  const checkers = new Checkers({
    ...facts,
    nodes: [node],
    coordinator: () => (state.isUp ? running : undefined),
  })
  const take = (payment = facts.post()): Posted => {
    checkers.onOffered(payment.correlationId, node, true)
    held.add(String(payment.correlationId))
    return payment
  }
  const drop = ({ correlationId }: Posted) => held.delete(String(correlationId))
  const know = (payment: Posted) =>
    facts.engine.tell(payment, { state: 'queued', amountCents: payment.amountCents })
  /** A processor has the payment, and the ledger says so. */
  const settle = (payment: Posted) => {
    const [requestedAtMs, { amountCents }] = [facts.atMs, payment]
    facts.record(payment, 0, { requestedAtMs })
    facts.engine.tell(payment, { state: 'settled', amountCents, processor: 0, requestedAtMs })
    facts.engine.totals = (fromMs, toMs) =>
      facts.processors.map(({ books }) => books.sum(fromMs ?? 0, toMs ?? Number.POSITIVE_INFINITY))
  }
  const nodeDies = () => {
    held.clear()
    const end = { holdsPayment: () => true } as unknown as Parameters<Checkers['onNodeDied']>[1]
    checkers.onNodeDied(0, end, new Map())
  }
  /** Runs all checks, including those that run every few times. */
  const look = () =>
    blamed(() => {
      for (let count = 0; count < 8; count += 1) checkers.check()
    }).replace(/payment \d+ /, '')
  const finish = () => blamed(() => checkers.finish()).replace(/payment \d+ /, '')
  const recover = () => blamed(() => checkers.onRecovered(facts.engine as never)).replace(/payment \d+ /, '')
  return { facts, checkers, state, synced, take, drop, know, settle, nodeDies, look, finish, recover }
}

describe('a payment that a node has taken', () => {
  test('is held by the node, or known to the coordinator, or lost', () => {
    const { take, drop, know, look } = checking()
    const payment = take()
    expect(look()).toBe('nothing')
    know(payment)
    drop(payment)
    expect(look()).toBe('nothing')
    drop(take())
    expect(look()).toBe('conservation: was taken and nobody has it')
  })

  test('is owed until it is settled', () => {
    const { checkers, take, settle, look, finish } = checking()
    const payment = take()
    expect(checkers.open).toEqual([payment])
    settle(payment)
    expect(look()).toBe('nothing')
    expect(checkers.open).toEqual([])
    expect(finish()).toBe('nothing')
  })

  test('is missed at the end if it is not settled', () => {
    const { take, know, finish } = checking()
    know(take())
    expect(finish()).toBe('progress: is neither settled nor rejected')
  })

  test('is not owed if it was refused', () => {
    const { checkers, facts, finish } = checking()
    checkers.onOffered(facts.post().correlationId, { index: 0 } as NodeChannel, false)
    expect(checkers.open).toEqual([])
    expect(finish()).toBe('nothing')
  })
})

describe('when a node dies', () => {
  test('a payment that only this node had need not come, and is owed again if it comes', () => {
    const { checkers, facts, take, nodeDies, look, finish } = checking()
    const payment = take()
    payment.toldBy = 0b11
    nodeDies()
    expect([payment.exposed, payment.toldBy]).toEqual([true, 0b10])
    expect(facts.tally.faults['payment in the buffer of a node that died']).toBe(1)
    expect([look(), checkers.open]).toEqual(['nothing', []])
    expect(finish()).toBe('nothing')
    expect(facts.tally.faults['payment lost with its node']).toBe(1)
    take(payment)
    expect(checkers.open).toEqual([payment])
  })

  test.each(['queued', 'journaled'] as const)(
    'a payment that was answered %s may not be lost with it',
    level => {
      const { take, nodeDies } = checking()
      const payment = take()
      payment.promised = level
      expect(blamed(nodeDies)).toBe(
        `conservation: payment ${payment.number} was told ${level}, and died with its node`,
      )
    },
  )

  test('a settled payment is not reported as lost, although the coordinator is down and cannot confirm it', () => {
    const { checkers, state, take, settle, nodeDies } = checking()
    const payment = take()
    payment.promised = 'queued'
    settle(payment)
    checkers.onEnded(payment)
    state.isUp = false
    expect([blamed(nodeDies), payment.exposed]).toEqual(['nothing', false])
  })

  test('a payment that was answered received may be lost with it', () => {
    const { take, nodeDies } = checking()
    take().promised = 'received'
    expect(blamed(nodeDies)).toBe('nothing')
  })

  test('a payment of the coordinator is unsafe until its journal has it', () => {
    const { take, know, nodeDies, synced } = checking()
    const payment = take()
    know(payment)
    nodeDies()
    expect([payment.unsafe, payment.exposed]).toEqual([true, false])
    for (const run of synced) run()
    expect(payment.unsafe).toBe(false)
  })
})

describe('after a crash, the next coordinator', () => {
  test('knows each payment that was answered journaled', () => {
    const { checkers, take, recover } = checking()
    take().promised = 'journaled'
    checkers.onCrashed()
    expect(recover()).toBe('conservation: was told journaled, and the journal does not have it')
  })

  test('need not know a payment that was answered queued and that a node still holds', () => {
    const { checkers, take, recover } = checking()
    const payment = take()
    payment.promised = 'queued'
    checkers.onCrashed()
    expect([recover(), payment.promised]).toEqual(['nothing', 'received'])
  })

  test('knows each settled payment, and may have it open again', () => {
    const { checkers, facts, take, know, settle, look, recover } = checking()
    const payment = take()
    settle(payment)
    look()
    know(payment)
    expect(recover()).toBe('nothing')
    expect(checkers.open).toEqual([payment])
    payment.ended = true
    facts.engine.statuses.clear()
    expect(recover()).toBe('conservation: was settled, and the journal does not have it')
  })

  test('does not have payments that died with the node and the coordinator', () => {
    const { facts, take, drop, recover } = checking()
    const payment = take()
    payment.unsafe = true
    drop(payment)
    expect([recover(), payment.exposed]).toEqual(['nothing', true])
    expect(facts.tally.faults['payment lost with its node and the coordinator']).toBe(1)
  })
})

test('after a purge the payments of the coordinator are no longer owed, and those that a node holds are', () => {
  const { checkers, facts, take, know, finish } = checking()
  const [known, held] = [take(), take()]
  know(known)
  checkers.onForgotten(facts.engine as never)
  expect(checkers.open).toEqual([held])
  expect([known.forgotten, held.forgotten]).toEqual([true, false])
  expect(known.excused).toBe(true)
  held.exposed = true
  expect(finish()).toBe('nothing')
})

test('after a restart a payment may be charged again whose request outlives its timeout', () => {
  const { checkers, facts, take, know } = checking()
  const [ended, late] = [take(), take()]
  for (const payment of [ended, late]) {
    know(payment)
    payment.underWayCount = 1
  }
  checkers.onForgotten(facts.engine as never, true)
  ended.underWayCount = 0
  facts.world.runUntil(facts.world.nowMs + facts.plan.attemptTimeoutMs)
  expect([ended.excused, late.excused]).toEqual([false, true])
})

test.each(['poison', 'foreign', 'stubborn'] as const)(
  'a %s payment whose answer was lost is owed too: a person has to end it',
  kind => {
    const { checkers, facts, take, know, finish } = checking()
    const payment = take(facts.post(kind))
    know(payment)
    payment.everUnsure = true
    payment.attempts.push({ processor: 0, requestedAtMs: facts.atMs })
    expect(checkers.open).toEqual([payment])
    expect(finish()).toBe('progress: is neither settled nor rejected')
  },
)

test('a payment that has ended and is resubmitted is owed again', () => {
  const { checkers, take, settle, look, finish } = checking()
  const payment = take()
  settle(payment)
  expect(look()).toBe('nothing')
  checkers.onResubmitted(payment)
  expect(checkers.open).toEqual([payment])
  expect(finish()).toBe('nothing')
})

test('a coordinator without room takes no more payments, and those that a node then holds are not waited for', () => {
  const { checkers, facts, take } = checking()
  const payment = take()
  expect(checkers.open).toEqual([payment])
  facts.engine.roomCount = 0
  expect(checkers.open).toEqual([])
})

test('at the end the sums of the ledger must equal those of the books', () => {
  const { facts, take, settle, finish } = checking()
  settle(take())
  facts.engine.totals = () => []
  expect(finish()).toMatch(/^window: /)
})

test('while the coordinator is down, only the books are checked', () => {
  const { facts, state, take, drop, look } = checking()
  state.isUp = false
  const payment = take()
  drop(payment)
  expect(look()).toBe('nothing')
  facts.record(payment, 0)
  facts.record(payment, 1)
  expect(look()).toBe('once: is recorded at two processors')
})
