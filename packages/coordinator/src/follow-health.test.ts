import { err } from '@rinha/base'
import type { ChannelAnswer, ChannelClient } from '@rinha/channel'
import type { EngineEvent } from '@rinha/engine'
import { expect, test } from 'vitest'
import { followHealth } from './follow-health.ts'
import { answerOf, TestCoordinator } from './testing.ts'

test('what a coordinator knows of its processors is told once a second, by their names', () => {
  const polling = new TestCoordinator()
  let isThere = true
  const request: ChannelClient['request'] = (kind, params, answer) => {
    const found = answerOf(polling.coordinator, kind, params) as ChannelAnswer<typeof kind>
    answer(isThere ? found : err({ kind: 'unavailable', reason: 'gone' }))
    return () => {}
  }
  const told: EngineEvent[] = []
  const ports = { channel: { request }, timers: polling.time }
  const stop = followHealth(ports, ['fallback', 'default'], event => told.push(event))
  const toldIn = (ms: number) => {
    told.splice(0)
    polling.pass(ms)
    return told.map(event => event.kind === 'healthTold' && event.reports)
  }
  expect(toldIn(2000)).toEqual(Array(2).fill([undefined, undefined]))
  toldIn(3500)
  polling.cheapest.polls.splice(0)[0]?.done({ kind: 'answered', failing: true, minResponseTimeMs: 7.4 })
  const report = { processor: 'default', failing: true, minResponseTimeMs: 7 }
  expect(toldIn(1500)).toEqual([500, 1500].map(ageMs => [undefined, { ...report, ageMs }]))
  isThere = false
  expect(toldIn(1000)).toEqual([[undefined, undefined]])
  stop()
  expect(toldIn(1000)).toEqual([])
})
