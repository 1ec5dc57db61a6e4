import type { PaymentReport } from '@rinha/channel'
import { VirtualTime } from '@rinha/testing'
import { expect, test } from 'vitest'
import { EndingWaits } from './ending-waits.ts'
import { idOf } from './testing.ts'

function waits(countMax?: number) {
  const time = new VirtualTime()
  const reports = new Map<number, PaymentReport>()
  const endings = new EndingWaits(time, id => reports.get(id[0] ?? 0) ?? { state: 'absent' }, countMax)
  const told: string[] = []
  const add = (number: number, waitMs = 1000) =>
    endings.add({ correlationId: idOf(number), waitMs }, answer =>
      told.push(`${number} ${answer.ok && answer.value.state}`),
    )
  /** Tells the fact that a payment has ended. Its row is its number. */
  const end = (number: number, kind: 'settled' | 'rejected' | 'confirmed') => {
    reports.set(number, { state: 'settled', amountCents: 1, processor: 'default', requestedAtMs: 1 })
    endings.onFacts([{ kind, row: number, processor: 0, requestedAtMs: 1, reason: '' }], row => idOf(row))
  }
  return { time, reports, endings, told, add, end }
}

test.each(['settled', 'rejected', 'confirmed'] as const)(
  'all requests that wait for a payment are answered when it is %s',
  kind => {
    const { add, end, endings, told } = waits()
    for (const number of [1, 1, 2]) add(number)
    end(1, kind)
    expect([told, endings.count]).toEqual([['1 settled', '1 settled'], 1])
  },
)

test('a request whose time is up is answered with the state of the payment, once', () => {
  const { add, end, endings, reports, time, told } = waits()
  add(1, 500)
  time.pass(499)
  expect(told).toEqual([])
  reports.set(1, { state: 'queued', amountCents: 1 })
  time.pass(1)
  end(1, 'settled')
  expect([told, endings.count]).toEqual([['1 queued'], 0])
})

test('a request for a payment that has ended is answered at once, and so is a request past the limit', () => {
  const { add, end, endings, told } = waits(1)
  end(1, 'settled')
  expect([add(1), add(2) === undefined, add(3), endings.count]).toEqual([undefined, false, undefined, 1])
  expect(told).toEqual(['1 settled', '3 absent'])
})

test('a purge ends every wait, and a withdrawn request is not answered', () => {
  const { add, endings, time, told } = waits()
  add(1)
  const cancel = add(2)
  cancel?.()
  cancel?.()
  endings.onFacts([{ kind: 'purged' }], idOf)
  time.pass(2000)
  expect([told, endings.count]).toEqual([['1 absent'], 0])
})
