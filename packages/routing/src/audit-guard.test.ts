import { expect, test } from 'vitest'
import { AuditGuard } from './audit-guard.ts'

test('without a guard the books need no protection, whatever happens', () => {
  const guard = new AuditGuard(0)
  guard.recorded(0, 60_000)
  expect([guard.left, guard.isOn]).toEqual([0, false])
})

test('a payment recorded in time costs nothing, and a late one costs the time in which an audit would see it', () => {
  const guard = new AuditGuard(1500)
  guard.recorded(0, 1500)
  expect(guard.left).toBe(1)
  guard.recorded(2000, 4000)
  expect(guard.left).toBeCloseTo(0.95)
})

test('payments that are late together meet the same audit', () => {
  const guard = new AuditGuard(1500)
  for (let sentAtMs = 0; sentAtMs < 100; sentAtMs += 1) guard.recorded(sentAtMs, sentAtMs + 2500)
  expect(guard.left).toBeCloseTo(1 - 0.1099)
})

test('after ten seconds in danger no guard is left, until new books begin', () => {
  const guard = new AuditGuard(1500)
  for (let sentAtMs = 0; sentAtMs < 40_000; sentAtMs += 1000) guard.recorded(sentAtMs, sentAtMs + 3000)
  expect([guard.left, guard.isOn]).toEqual([0, false])
  guard.renew()
  expect(guard.left).toBe(1)
})
