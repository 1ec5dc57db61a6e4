import { err, Prng, type Result } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import {
  type LedgerSource,
  paymentRecordBytes,
  printCorrelationId,
  shardOf,
  writePaymentRecord,
} from '@rinha/payment'
import { describe, expect, test } from 'vitest'
import { LedgerReader, Reconciler, ShardedLedger } from './index.ts'
import { idOf, Scene, startMs } from './testing.ts'

const names = ['default', 'fallback'] as const
/** Two ledgers need not number the processors alike. */
const namesAt = (shard: number) => (shard % 2 === 0 ? names : names.toReversed())

interface Sent {
  readonly shard: number
  readonly row: number
  readonly processor: number
  readonly requestedAtMs: number
}

/** Payments divided among several ledgers, one of which is here. The others answer later, as those of other processes do. */
class ShardedScene extends Scene {
  readonly ledgers: readonly Ledger[]
  /** The shards that do not answer. */
  readonly away = new Set<number>()
  /** Called before a shard that is not here answers. */
  onAsked: () => void = () => {}
  readonly source: LedgerSource

  constructor(shardCount: number) {
    super()
    const options = { processorCount: 2, paymentCountMax: 100_000, hashSeed: 7 }
    this.ledgers = [this.ledger, ...Array.from({ length: shardCount - 1 }, () => new Ledger(options))]
    const readers = this.ledgers.map((ledger, shard) => new LedgerReader(ledger, namesAt(shard), this))
    const [own, ...others] = readers as [LedgerReader, ...LedgerReader[]]
    this.source = new ShardedLedger([own, ...others.map((reader, at) => this.#apart(at + 1, reader))])
  }

  #apart(shard: number, reader: LedgerReader): LedgerSource {
    type Answer<Told> = (told: Result<Told, string>) => void
    const ask = <Told>(answer: Answer<Told>, tell: (answer: Answer<Told>) => void) =>
      void this.timers.after(1, () => {
        this.onAsked()
        const back: Answer<Told> = told => void this.timers.after(1, () => answer(told))
        if (this.away.has(shard)) back(err('no coordinator answers'))
        else tell(back)
      })
    return {
      span: (params, answer) => ask(answer, back => reader.span(params, back)),
      sum: (params, answer) => ask(answer, back => reader.sum(params, back)),
      ids: (params, answer) => ask(answer, back => reader.ids(params, back)),
    }
  }

  begin(number: number, amountCents = 1990, processor = 0): Sent {
    const shard = shardOf(idOf(number), this.ledgers.length)
    const ledger = this.ledgers[shard] as Ledger
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, idOf(number), amountCents)
    const requestedAtMs = this.wallMs
    ledger.apply({ kind: 'accepted', acceptedAtMs: requestedAtMs, records })
    const row = ledger.count - 1
    const own = namesAt(shard).indexOf(names[processor] as 'default')
    ledger.apply({ kind: 'sent', row, processor: own, requestedAtMs })
    return { shard, row, processor, requestedAtMs }
  }

  recordOf({ shard, row, processor, requestedAtMs }: Sent): void {
    const ledger = this.ledgers[shard] as Ledger
    this.books[processor]?.record(ledger.correlationId(row), ledger.amountCents(row), requestedAtMs)
  }

  settleOf({ shard, row, requestedAtMs }: Sent): void {
    const ledger = this.ledgers[shard] as Ledger
    ledger.apply({ kind: 'settled', row, processor: ledger.processor(row), requestedAtMs })
  }

  override pay(number: number, amountCents = 1990, processor = 0): number {
    const sent = this.begin(number, amountCents, processor)
    this.recordOf(sent)
    this.settleOf(sent)
    return sent.row
  }

  override reconciler(): Reconciler {
    const { ledger, time, timers, source } = this
    const books = names.map((_, index) => this.booksOf(index))
    const options = { ledger, names, everyMs: 0, callsPerSecondMax: 1000 }
    return new Reconciler(options, { books, source, time, timers })
  }
}

const good = ['default equal', 'fallback equal']

describe.each([2, 4, 64])('%i shards', shardCount => {
  test('equal books are equal over all of them, and the sums are those of all', () => {
    const scene = new ShardedScene(shardCount)
    scene.payMany(300)
    scene.pay(900, 500, 1)
    const reconciler = scene.reconciler()
    expect(scene.found(reconciler)).toEqual(good)
    const [books, others] = reconciler.report().processors
    expect([books?.compared?.ours.count, others?.compared?.ours]).toEqual([
      300,
      { count: 1, amountCents: 500 },
    ])
  })

  test('a payment of any shard that differs is listed by its id, with both sides', () => {
    const scene = new ShardedScene(shardCount)
    scene.payMany(300)
    scene.books[0].remove(idOf(77))
    scene.amend(78, { amountCents: 1 })
    scene.amend(79, { requestedAtMs: startMs + 5000 })
    scene.books[1].record(idOf(80), 1080, startMs + 790)
    scene.books[0].record(idOf(9999), 123, startMs + 1000.5)
    const reconciler = scene.reconciler()
    const listed = ['missing 77', 'amount 78', 'requestedAt 79', 'notOurs 1 123 at 1000', 'twice 80']
    expect(scene.found(reconciler).toSorted()).toEqual(
      ['default different', 'fallback different', ...listed].toSorted(),
    )
    const missing = reconciler.report().processors[0]?.differences.find(each => each.kind === 'missing')
    expect(missing).toEqual({
      kind: 'missing',
      correlationId: printCorrelationId(idOf(77)),
      ours: { state: 'settled', processor: 'default', amountCents: 1077, requestedAtMs: startMs + 760 },
      theirs: null,
    })
  })

  test('all of a whole run is looked up, whichever shard has it', () => {
    const scene = new ShardedScene(shardCount)
    for (let number = 1; number <= 500; number += 1) scene.pay(number, 100)
    scene.nowMs += 1000
    scene.books[0].remove(idOf(400))
    scene.books[0].record(idOf(9999), 100, startMs)
    const listed = ['default different', 'missing 400', 'notOurs 1 100 at 0', 'fallback equal']
    expect(scene.found(scene.reconciler(), true)).toEqual(listed)
  })

  test('R2: an attempt under way at any shard ends the window before it', () => {
    const scene = new ShardedScene(shardCount)
    scene.payMany(200)
    const sent = scene.begin(1000)
    scene.recordOf(sent)
    scene.nowMs += 10
    scene.payMany(200, 10, 2000)
    const reconciler = scene.reconciler()
    expect(scene.found(reconciler)).toEqual(good)
    expect(reconciler.report().processors[0]?.compared?.toMs).toBe(sent.requestedAtMs - 1)
  })

  test('a listed payment that settles is listed no more, once its shard was asked', () => {
    const scene = new ShardedScene(shardCount)
    scene.payMany(50)
    const sent = scene.begin(1000)
    scene.recordOf(sent)
    scene.ledgers[sent.shard]?.apply({ kind: 'requeued', row: sent.row, doubt: 'refused' })
    const reconciler = scene.reconciler()
    expect(scene.found(reconciler)).toEqual(['default different', 'unsettled 1000', 'fallback equal'])
    scene.settleOf(sent)
    reconciler.report()
    scene.pass(10)
    expect(reconciler.report().processors[0]?.differences).toEqual([])
  })
})

test('where a shard does not answer nothing is compared, and it is said which', () => {
  const scene = new ShardedScene(4)
  scene.payMany(50)
  const reconciler = scene.reconciler()
  expect(scene.found(reconciler)).toEqual(good)
  scene.away.add(2)
  scene.books[0].remove(idOf(7))
  const reason = 'shard 2: no coordinator answers'
  expect(scene.found(reconciler)).toEqual([
    `default unavailable: ${reason}`,
    `fallback unavailable: ${reason}`,
  ])
  scene.away.clear()
  expect(scene.found(reconciler)).toEqual(['default different', 'missing 7', 'fallback equal'])
})

test('a shard that did not answer is forgotten by the next run, also if that has nothing to compare', () => {
  const scene = new ShardedScene(2)
  const reconciler = scene.reconciler()
  scene.away.add(1)
  const reason = 'shard 1: no coordinator answers'
  expect(scene.found(reconciler)).toEqual([
    `default unavailable: ${reason}`,
    `fallback unavailable: ${reason}`,
  ])
  scene.away.clear()
  expect(scene.found(reconciler)).toEqual(['default notCompared', 'fallback notCompared'])
  expect(reconciler.report().processors.map(each => each.reason)).toEqual([null, null])
})

test('R3: what a shard may have forgotten is not compared: it was purged, or lost its payments', () => {
  const scene = new ShardedScene(2)
  scene.payMany(50)
  const lost = scene.ledgers[1] as Ledger
  lost.apply({ kind: 'purged' })
  scene.nowMs += 1000
  scene.payMany(50, 10, 200)
  const reconciler = scene.reconciler()
  expect(scene.found(reconciler)).toEqual(good)
  expect(reconciler.report().processors[0]?.compared?.fromMs).toBeGreaterThan(startMs + 400)

  const began = new ShardedScene(2)
  for (const number of [9001, 9002, 9003]) began.books[0].record(idOf(number), 1, startMs - 10)
  began.payMany(50)
  expect(began.found()).toEqual(good)
})

test('a shard without a payment yet leaves the others to be compared', () => {
  const scene = new ShardedScene(64)
  scene.payMany(3)
  scene.books[0].remove(idOf(2))
  expect(scene.found()).toEqual(['default different', 'missing 2', 'fallback equal'])
})

/** Payments take any sound course while the shards are asked. No such change may be listed. */
test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))(
  'nothing that happens in time is listed (%i)',
  seed => {
    const prng = new Prng(seed)
    const scene = new ShardedScene(prng.integer(2, 5))
    scene.payMany(20)
    const sent = Array.from({ length: prng.integer(1, 30) }, (_, index) => {
      const one = scene.begin(1000 + index)
      if (prng.chance(0.3)) scene.recordOf(one)
      if (prng.chance(0.5)) scene.nowMs += prng.integer(0, 3)
      return one
    })
    scene.nowMs += prng.integer(0, 20_000)
    const chance = prng.unit() * 0.3
    const maybe = () => {
      if (!prng.chance(chance)) return undefined
      const one = sent[prng.integer(0, sent.length - 1)] as Sent
      const ledger = scene.ledgers[one.shard] as Ledger
      if (!ledger.isOpen(one.row)) return undefined
      if (scene.books[0].find(ledger.correlationId(one.row)) < 0) scene.recordOf(one)
      else scene.settleOf(one)
      return undefined
    }
    scene.summaryInstead = maybe
    scene.lookUpInstead = maybe
    scene.onAsked = maybe
    const reconciler = scene.reconciler()
    for (let run = 0; run < 4; run += 1) expect(scene.listedInRun(reconciler)).toEqual([])
  },
)
