import { describe, expect, test } from 'vitest'
import { startsPerTurn } from './start-queue.ts'
import { HandLog, idOf, TestCoordinator } from './testing.ts'

describe('C8: a pause', () => {
  const paused = (...names: string[]) => ({
    changed: names.map(name => ['default', 'fallback'].indexOf(name)),
    before: { default: 'on', fallback: 'on' },
    after: { default: 'on', fallback: 'on', ...Object.fromEntries(names.map(name => [name, 'paused'])) },
  })

  test('stops attempts that have not begun, and puts their payments back in the queue, oldest first', () => {
    const tested = new TestCoordinator()
    tested.accept(1, 2, 3, 4, 5, 6)
    tested.time.turn()
    expect(tested.cheapest.attempts).toHaveLength(startsPerTurn)
    expect(tested.coordinator.operate('paused')).toEqual({ ok: true, value: paused('default', 'fallback') })
    tested.pass(1000)
    expect(tested.cheapest.attempts).toHaveLength(startsPerTurn)
    expect(tested.coordinator.status()).toMatchObject({ queuedCount: 2, inFlightCount: startsPerTurn })
    tested.coordinator.operate('on', 'fallback')
    tested.pass(0)
    expect(tested.processors[1].attempts.map(({ asked }) => asked.correlationId)).toEqual([idOf(5), idOf(6)])
  })

  test('stops attempts that wait for the log, which then has the payment as requeued, and sends it to the other processor', () => {
    const log = new HandLog()
    const tested = new TestCoordinator({ log }).accept(1)
    tested.coordinator.operate('paused', 'default')
    log.sync()
    tested.pass(0)
    expect(tested.cheapest.attempts).toHaveLength(0)
    expect(tested.processors[1].attempts).toHaveLength(1)
    expect(log.facts).toEqual(['accepted', 'sent', 'requeued', 'sent'])
  })

  test('does not stop look-ups that have not begun', () => {
    const tested = new TestCoordinator()
    tested.accept(1).pass(0)
    tested.cheapest.answer({ kind: 'unknown', reason: 'lost' })
    tested.coordinator.operate('paused')
    tested.pass(0)
    expect(tested.cheapest.lookUps).toHaveLength(1)
  })

  test('given twice changes nothing, and is refused for an unknown processor', () => {
    const tested = new TestCoordinator()
    tested.coordinator.operate('paused', 'default')
    const again = tested.coordinator.operate('paused', 'default')
    expect(again).toMatchObject({
      ok: true,
      value: { before: { default: 'paused' }, after: { default: 'paused' } },
    })
    for (const name of ['nobody', 'constructor', ''])
      expect(tested.coordinator.operate('paused', name)).toMatchObject({
        ok: false,
        error: { kind: 'absent' },
      })
    expect(tested.told.map(([event]) => event)).toEqual([
      { kind: 'sending', state: 'paused', processor: 'default' },
    ])
  })

  test('lasts through a purge, and a stop waits for paused payments no longer than for others', () => {
    const tested = new TestCoordinator()
    tested.coordinator.operate('paused')
    tested.coordinator.purge('api1', () => {})
    tested.accept(1).pass(100)
    let leftCount: number | undefined
    tested.coordinator.stop(3000, ({ queuedCount }) => {
      leftCount = queuedCount
    })
    tested.pass(2999)
    expect(leftCount).toBe(undefined)
    tested.pass(1)
    expect([leftCount, tested.cheapest.attempts.length]).toEqual([1, 0])
  })
})
