import { policyNames } from '@rinha/routing'
import { expect, test } from 'vitest'
import { candidateLabels, createCandidate } from './candidate.ts'

test('every policy is a candidate, and the baselines beside them', () => {
  expect(candidateLabels).toEqual(['original', 'retry-loop', ...policyNames])
  for (const label of candidateLabels) expect(createCandidate(label)).toMatchObject({ label })
})

test('the original has six workers for ever and no guard, unless told', () => {
  expect(createCandidate('original')).toEqual({
    label: 'original',
    policy: 'default-first',
    numbers: { countInitial: 6, countMax: 6, auditGuardMs: 0 },
  })
  expect(createCandidate('original', { countMax: 12 })).toMatchObject({
    numbers: { countInitial: 6, countMax: 12, auditGuardMs: 0 },
  })
})

test('a label of one’s own tells two of the same policy apart', () => {
  const tuned = createCandidate('patient', { drainMs: 1000 }, 'patient, quick')
  expect(tuned).toEqual({ label: 'patient, quick', policy: 'patient', numbers: { drainMs: 1000 } })
})

test('an unknown policy and an unknown number are refused with the known ones', () => {
  expect(createCandidate('greedy')).toBe(`there is no policy "greedy": ${candidateLabels.join(', ')}`)
  const said = createCandidate('always-cheapest', { patience: 3 })
  expect(said).toMatch(/^nothing of "always-cheapest" is called "patience": /)
  for (const name of ['countMax', 'auditGuardMs', 'perSecondMax']) expect(said).toContain(name)
})

test('a number that one policy reads is none of another', () => {
  expect(createCandidate('patient', { outageMsPerPercent: 500 })).toMatchObject({ policy: 'patient' })
  expect(createCandidate('always-cheapest', { outageMsPerPercent: 500 })).toContain('is called')
})
