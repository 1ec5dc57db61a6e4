import type { ArchivedPayment } from '@rinha/archive'
import { MemoryArchive } from '@rinha/archive/memory'
import { Prng } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes, printCorrelationId, writePaymentRecord } from '@rinha/payment'
import { expect, test } from 'vitest'
import { type SettledPayment, settledPayments } from './settled-payments.ts'

function payment(prng: Prng, requestedAtMs: number): ArchivedPayment {
  return {
    correlationId: Uint8Array.from({ length: 16 }, () => prng.integer(0, 255)),
    amountCents: prng.integer(1, 10_000),
    acceptedAtMs: requestedAtMs - prng.integer(0, 9),
    state: 'settled',
    processor: prng.integer(0, 1),
    requestedAtMs,
    reason: '',
  }
}

function enter(ledger: Ledger, { correlationId, ...fields }: ArchivedPayment): void {
  const { amountCents, acceptedAtMs, processor, requestedAtMs } = fields
  const records = new Uint8Array(paymentRecordBytes)
  writePaymentRecord(records, 0, correlationId, amountCents)
  const row = ledger.count
  ledger.apply({ kind: 'accepted', acceptedAtMs, records })
  ledger.apply({ kind: 'sent', row, processor, requestedAtMs })
  ledger.apply({ kind: 'settled', row, processor, requestedAtMs })
}

async function listed(...args: Parameters<typeof settledPayments>): Promise<SettledPayment[]> {
  const all: SettledPayment[] = []
  for await (const piece of settledPayments(...args)) all.push(...piece)
  return all
}

const line = ({ correlationId, amountCents, acceptedAtMs, processor, requestedAtMs }: SettledPayment) =>
  [printCorrelationId(correlationId), amountCents, acceptedAtMs, processor, requestedAtMs].join()

test('payments of the ledger and of the archive are listed once each, in order', async () => {
  const prng = new Prng(5)
  const ledger = new Ledger({ processorCount: 2, paymentCountMax: 10_000, hashSeed: 3 })
  const archive = new MemoryArchive(run => run())
  const all = Array.from({ length: 5000 }, () => payment(prng, prng.integer(1000, 9000)))
  for (const each of all) {
    // Some are in both.
    const place = prng.integer(0, 2)
    if (place > 0) enter(ledger, each)
    if (place < 2) archive.add([each], () => {})
  }
  enter(ledger, { ...payment(prng, 5000), requestedAtMs: 10_000 })
  const within = (fromMs: number, toMs: number) =>
    all.filter(({ requestedAtMs }) => requestedAtMs >= fromMs && requestedAtMs <= toMs)
  for (const [fromMs, toMs] of [
    [0, 9999],
    [3000, 6000],
    [8999, 9000],
    [6000, 3000],
  ] as const) {
    const found = await listed(ledger, archive, fromMs, toMs)
    expect(found.map(line).sort()).toEqual(within(fromMs, toMs).map(line).sort())
    for (const [index, { requestedAtMs }] of found.entries())
      expect(requestedAtMs).toBeGreaterThanOrEqual(found[index - 1]?.requestedAtMs ?? 0)
  }
  const ledgerOnly = await listed(ledger, undefined, 0, 99_999)
  expect(ledgerOnly.length).toBe(ledger.count)
})
