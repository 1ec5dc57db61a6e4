import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import type { Running } from './checkers.ts'
import { LastWords } from './last-words.ts'
import { Process } from './process.ts'
import { blamed, Facts } from './testing.ts'
import { Wire } from './wire.ts'

/** Node 0 has answered one payment, has written it to a wire, and dies. */
function dying() {
  const facts = new Facts({})
  const wire = new Wire(facts.world, new Prng(1), { delayMsMin: 5, delayMsMax: 5, splitChance: 0 }, [
    'api1',
    'c',
  ])
  const [near, far] = wire.ends
  for (const end of [near, far])
    end.attach({ onData: () => {}, onDrained: () => {}, onError: () => {}, onClosed: () => {} })
  const payment = facts.post()
  payment.toldBy = 1
  const process = new Process(facts.world, 1)
  const state = { running: { engine: facts.engine, process } as unknown as Running | undefined }
  const lastWords = new LastWords({ ...facts, coordinator: () => state.running } as never)
  near.write(new Uint8Array(24))
  near.kill()
  const die = () => lastWords.onNodeDied(0, new Map([[payment.number, near]]))
  const said = () => blamed(() => facts.world.runUntil(facts.world.nowMs + 1000)).replace(/payment \d+ /, '')
  return { facts, wire, payment, process, state, lastWords, die, said }
}

const lost =
  'conservation: was answered 202 by node 0, which wrote it and died, and the coordinator does not have it'

test('payments that a dead node had answered and written must be there once the connection has ended', () => {
  const { die, facts, said } = dying()
  die()
  expect(said()).toBe(lost)
  expect(facts.tally.lastWords).toBe(1)
})

test('such a payment is not missed if the coordinator has it, before or after', () => {
  const { die, facts, payment, said } = dying()
  die()
  facts.engine.tell(payment, { state: 'queued', amountCents: payment.amountCents })
  expect(said()).toBe('nothing')
  const before = dying()
  before.facts.engine.tell(before.payment, { state: 'queued', amountCents: 1990 })
  before.die()
  expect([before.said(), before.facts.tally.lastWords]).toEqual(['nothing', 0])
})

test.each<[string, (its: ReturnType<typeof dying>) => unknown]>([
  ['nobody was told of it', ({ payment }) => Object.assign(payment, { toldBy: 2 })],
  ['the network has broken the connection', ({ wire }) => wire.cut()],
  ['the connection is silent', ({ wire }) => wire.silence()],
  ['the coordinator has died too', ({ state }) => Object.assign(state, { running: undefined })],
  ['the coordinator is about to stop', ({ lastWords }) => Object.assign(lastWords, { isStopping: true })],
  ['everything was purged', ({ payment }) => Object.assign(payment, { forgotten: true })],
])('it is not missed where %s', (_, excuse) => {
  const its = dying()
  excuse(its)
  its.die()
  expect(its.said()).toBe('nothing')
})

test('a coordinator that stands still has time to read', () => {
  const { facts, payment, process, die, said } = dying()
  process.stall(500)
  facts.world.after(490, () =>
    facts.engine.tell(payment, { state: 'queued', amountCents: payment.amountCents } as never),
  )
  die()
  expect(said()).toBe('nothing')
})
