import { assert } from '@rinha/base'
import type { LaneOptions } from '@rinha/routing'

export function assertInOrder(lanes: readonly LaneOptions[]): void {
  assert(
    lanes.every((lane, index) => index === 0 || (lanes[index - 1]?.feeBps ?? 0) <= lane.feeBps),
    'processors stand in the order of their fees',
  )
}

export function guardMsOf(lanes: readonly LaneOptions[]): number {
  return Math.max(...lanes.map(({ auditGuardMs }) => auditGuardMs))
}
