import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import type { HttpAnswer, HttpMessage } from '../http.ts'
import type { SimNode } from '../node.ts'
import { blamed, Facts } from '../testing.ts'
import type { SumChecker } from './sum-checker.ts'
import { SumReaders } from './sum-readers.ts'

interface Case {
  readonly answer?: (nowMs: number) => Partial<HttpAnswer>
  /** Shards that have answered the node since it was asked. */
  readonly summed?: readonly boolean[]
  readonly hadNoWord?: boolean
  readonly retainMs?: number
}

/** The complaint of readers about a node with these answers after ten seconds, what they asked, and what was found final. */
function read({ answer = right, summed = [true, true], hadNoWord = false, retainMs = 0 }: Case) {
  const facts = new Facts({ processorCount: 2, retainMs })
  const { world } = facts
  const payment = facts.post()
  payment.attempts.push({ processor: 0, requestedAtMs: facts.atMs + 100 })
  const asked: string[] = []
  const summedAtMs = summed.map(() => new Map<string, number>())
  const node = {
    index: 0,
    name: 'api1',
    channels: [{ noWordAtMs: -1 }, { noWordAtMs: -1 }],
    request: ({ query = '' }: HttpMessage, onAnswer: (given: HttpAnswer) => void) => {
      asked.push(query)
      for (const [shard, has] of summed.entries()) if (has) summedAtMs[shard]?.set('api1', world.nowMs)
      if (hadNoWord) Object.assign(node.channels[1] ?? {}, { noWordAtMs: world.nowMs })
      onAnswer({ status: 200, headers: {}, body: '{}', ...answer(facts.atMs) })
    },
  }
  const final: unknown[][] = []
  const sums = { final: [], onAnswered: (...found: unknown[]) => final.push(found) } as unknown as SumChecker
  const nodes = [node as unknown as SimNode]
  const readers = new SumReaders({ ...facts, nodes, sums, summedAtMs }, new Prng(1))
  readers.begin()
  const said = blamed(() => world.runUntil(world.nowMs + 10_000))
  return { said, asked, final, readers, facts }
}

const right = (nowMs: number): Partial<HttpAnswer> => ({
  headers: { 'complete-up-to': new Date(nowMs - 10).toISOString() },
  body: '{"default":{"totalRequests":2,"totalAmount":39.8},"fallback":{"totalRequests":0,"totalAmount":0}}',
})

test('windows are asked for that are final, with all that the answer says', () => {
  const { said, asked, final } = read({})
  expect(said).toBe('nothing')
  const windows = asked.filter(query => query !== '')
  expect(windows.length).toBeGreaterThan(5)
  expect(windows).toHaveLength(final.length)
  for (const query of windows) expect(query).toMatch(/^from=2025-08-09T21:.*Z&to=2025-08-09T21:.*Z$/)
  const [window, totals, upToMs] = final[0] as [{ fromMs: number; toMs: number }, unknown, number]
  expect(totals).toEqual([
    { count: 2, amountCents: 3980 },
    { count: 0, amountCents: 0 },
  ])
  expect(window.fromMs <= window.toMs && window.toMs <= upToMs).toBe(true)
})

test('nothing is asked for where nothing is final, nor after the end', () => {
  const { asked, readers, facts } = read({ answer: () => ({}) })
  expect(new Set(asked)).toEqual(new Set(['']))
  readers.stop()
  const { length } = asked
  facts.world.runUntil(facts.world.nowMs + 5000)
  expect(asked).toHaveLength(length)
})

test('a sum needs an answer of each shard', () => {
  expect(read({ summed: [true, false] }).said).toBe(
    'reads: node 0 answers a sum, and shard 1 has not answered',
  )
})

test('a sum is refused only if a shard has given no answer', () => {
  const answer = () => ({ status: 503 })
  expect(read({ answer, hadNoWord: true }).said).toBe('nothing')
  expect(read({ answer }).said).toBe('reads: node 0 refuses a sum, and every shard has answered')
})

test('another status is right only for an end in archived time', () => {
  const answer = () => ({ status: 400 })
  expect(read({ answer, retainMs: 5000 }).said).toBe('nothing')
  expect(read({ answer }).said).toContain('a sum is answered 400')
})
