import { expect, test } from 'vitest'
import { TestCoordinator } from './testing.ts'

const recorded = { kind: 'recorded' } as const
const refused = { kind: 'refused', sent: false, pushedBack: false, reason: 'connection refused' } as const
const pushedBack = { kind: 'refused', sent: false, pushedBack: true, reason: 'answered 429' } as const
type Outcome = Parameters<TestCoordinator['cheapest']['answer']>[0]

/** For `ms`, payments come, and each processor answers every attempt with its outcome. */
function play(
  tested: TestCoordinator,
  ms: number,
  outcomes: readonly [Outcome, Outcome],
  comes = true,
): void {
  for (let passedMs = 0; passedMs < ms; passedMs += 20) {
    if (comes) tested.accept(tested.engine.queueStatus(0).acceptedCount + 1)
    tested.time.pass(20)
    for (const [index, processor] of tested.processors.entries())
      processor.answer(outcomes[index] ?? recorded, processor.attempts.length)
  }
}

const told = (tested: TestCoordinator) => tested.coordinator.decisions.since(0).map(each => each.decision)
const wordsOf = (tested: TestCoordinator) => tested.coordinator.decisions.since(0).map(each => each.words)

test('when payments go to another processor, and when they come back, the reason is told', () => {
  const tested = new TestCoordinator()
  play(tested, 1000, [recorded, recorded])
  play(tested, 2000, [refused, recorded])
  play(tested, 3000, [recorded, recorded])
  const lanes = told(tested).filter(({ kind }) => kind === 'lane')
  expect(lanes).toEqual([
    { kind: 'lane', from: null, to: 'default', reason: 'it is the cheapest' },
    { kind: 'lane', from: 'default', to: 'fallback', reason: 'default: connection refused' },
    { kind: 'lane', from: 'fallback', to: 'default', reason: 'it is the cheapest' },
  ])
  expect(told(tested).map(({ kind }) => kind)).toEqual([
    'lane',
    'circuit',
    'canary',
    'lane',
    'circuit',
    'lane',
  ])
  expect(wordsOf(tested)).toEqual(
    expect.arrayContaining([
      'default: circuit opened: the processor gets canaries and no other payments (connection refused)',
      'payments go to fallback: default: connection refused',
    ]),
  )
})

test('payments are held while no processor works, with the reason of each processor, until they flow', () => {
  const tested = new TestCoordinator()
  play(tested, 1000, [recorded, recorded])
  play(tested, 3000, [refused, refused])
  const began = {
    kind: 'holding',
    state: 'began',
    reason: 'default: connection refused; fallback: connection refused',
  }
  expect(told(tested).filter(({ kind }) => kind === 'holding')).toMatchObject([began])
  play(tested, 3000, [recorded, recorded])
  expect(told(tested).filter(({ kind }) => kind === 'holding')).toMatchObject([
    began,
    { state: 'ended', reason: expect.stringMatching(/payments flow|none waits/) },
  ])
})

test('a limit that 429 answers cut is told once, and not for each cut', () => {
  const tested = new TestCoordinator()
  play(tested, 1000, [recorded, recorded])
  play(tested, 5000, [pushedBack, recorded])
  const limits = told(tested).filter(({ kind }) => kind === 'limit')
  expect(limits).toMatchObject([{ processor: 'default' }])
  const [limit] = limits
  expect(limit?.kind === 'limit' && limit.limitCount < limit.beforeCount).toBe(true)
})

test('when nothing changes, no decision is told', () => {
  const tested = new TestCoordinator()
  play(tested, 5000, [recorded, recorded])
  play(tested, 5000, [recorded, recorded], false)
  expect(told(tested).map(({ kind }) => kind)).toEqual(['lane'])
})
