import type { EngineEffect } from '@rinha/engine'
import { expect, test } from 'vitest'
import { intentMsMax, passGate } from './intent-gate.ts'

const token = { generation: 0, row: 7 }
const correlationId = new Uint8Array(16)
const effects: readonly EngineEffect[] = [
  { kind: 'send', token, processor: 0, correlationId, amountCents: 1990, requestedAtMs: 5 },
  { kind: 'lookUp', token, processor: 1, correlationId },
  { kind: 'pollHealth', processor: 1 },
]

test.each([0, 20, intentMsMax])('after %i ms everything passes, in its order', waitedMs => {
  expect(passGate(effects, waitedMs)).toEqual({ passed: effects, events: [] })
})

test('a send that waited longer is refused unsent, and everything else passes', () => {
  const { passed, events } = passGate(effects, intentMsMax + 1)
  expect(passed).toEqual(effects.slice(1))
  expect(events).toEqual([
    {
      kind: 'attemptEnded',
      token,
      outcome: { kind: 'refused', sent: false, pushedBack: true, reason: 'the journal was slow' },
    },
  ])
})
