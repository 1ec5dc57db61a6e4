import { expect, test } from 'vitest'
import type { PaymentView } from './look-ups.ts'
import { differenceOf, mismatchOf } from './mismatches.ts'

const toMs = Date.UTC(2026, 10, 30, 8)
const [missing, unknown] = [{ state: 'missing' }, { state: 'unknown' }]
const found = (agoMs: number) => ({ state: 'found', requestedAtMs: toMs - agoMs })
const settled = (processor: string, agoMs: number) => ({
  ...{ state: 'settled', processor, requestedAtMs: toMs - agoMs },
})
const compared = (backend: PaymentView, onDefault: PaymentView, onFallback: PaymentView, id = 'a') => ({
  ...{ id, backend, processors: { default: onDefault, fallback: onFallback } },
})

test.each([
  ['all agree', settled('default', 9), found(9), missing, undefined],
  ['nobody has it yet', { state: 'queued' }, missing, missing, undefined],
  ['nothing is known', settled('default', 9), unknown, missing, undefined],
  ['both have it', settled('default', 9), found(9), found(8), 'both processors have it: charged twice'],
  ['no processor has it', settled('default', 9), missing, missing, 'no processor has it'],
  ['the other one has it', settled('default', 9), missing, found(9), 'the fallback processor has it'],
  ['the backend waits', { state: 'inFlight' }, found(9), missing, 'the backend says inFlight'],
  [
    'they have other instants',
    settled('default', 9),
    found(5),
    missing,
    'at default under 07:59:59.995Z; the backend has it under 07:59:59.991Z',
  ],
])('the sides where %s', (_, backend, onDefault, onFallback, words) => {
  const [difference] = differenceOf(compared(backend, onDefault, onFallback))
  if (words === undefined) expect(difference).toBeUndefined()
  else expect(difference?.words).toContain(words)
})

const audit = {
  ...{ fromMs: toMs - 13_500, toMs, missing: [], inconsistencyCount: 2 },
  ...{ backend: { default: 8, fallback: 5 }, processors: { default: 10, fallback: 5 } },
}

test('a difference in the window is named with its payment, and one outside is not', () => {
  const lost = compared({ state: 'queued' }, found(100), missing, 'lost')
  const before = compared({ state: 'queued' }, found(20_000), missing, 'before')
  const fine = compared(settled('default', 5), found(5), missing, 'fine')
  const { differences, lateIds } = mismatchOf(audit, [before, lost, fine])
  expect(differences.map(({ id }) => id)).toEqual(['lost'])
  expect(lateIds).toEqual([])
})

test('when all sides agree by now, the last payments at the processor that differed are the likeliest', () => {
  const payments = [500, 20, 3000, 10].map(agoMs =>
    compared(settled('default', agoMs), found(agoMs), missing, `default ${agoMs}`),
  )
  const other = compared(settled('fallback', 1), missing, found(1), 'fallback 1')
  const { differences, lateIds } = mismatchOf(audit, [...payments, other])
  expect(differences).toEqual([])
  expect(lateIds.map(({ id }) => id)).toEqual(['default 10', 'default 20'])
})
