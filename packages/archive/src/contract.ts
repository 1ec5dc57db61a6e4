import { assert } from '@rinha/base'
import type { Archive, ArchivedPayment } from './archive.ts'
import { discardedPayment, settledPayment } from './testing.ts'

/**
 * What every implementation of {@link Archive} does, as checks that throw where one does not. An implementation's tests give
 * them an empty archive of generation 0 that knows two processors, and time.
 */
interface ArchiveHarness {
  readonly archive: Archive
  /** Lets time pass until the condition holds; throws what was waited for when it does not within seconds. */
  until(what: string, condition: () => boolean): Promise<void>
}

export interface ArchiveCheck {
  readonly name: string
  run(harness: ArchiveHarness): Promise<void>
}

async function add({ archive, until }: ArchiveHarness, ...payments: ArchivedPayment[]): Promise<void> {
  const ends: (string | undefined)[] = []
  archive.add(payments, problem => ends.push(problem))
  const endedAtOnce = ends.length > 0
  await until('the add has ended', () => ends.length > 0)
  assert(!endedAtOnce, 'an add does not end from within its call')
  assert(ends.length === 1 && ends[0] === undefined, 'an add ends once, and well')
}

const text = (found: unknown) =>
  JSON.stringify(found, (_, value) => (ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value))

function assertFound({ archive }: ArchiveHarness, payment: ArchivedPayment): void {
  const ids = new Uint8Array(40)
  ids.set(payment.correlationId, 9)
  assert(text(archive.find(ids, 9)) === text(payment), 'it is found as it was added')
}

async function settled(archive: Archive, fromMs: number, toMs: number): Promise<readonly ArchivedPayment[]> {
  const found: ArchivedPayment[] = []
  for await (const piece of archive.settled(fromMs, toMs)) found.push(...piece)
  return found
}

export const archiveContract: readonly ArchiveCheck[] = [
  {
    name: 'what was added is found, and nothing else',
    async run(harness) {
      const [a, b] = [settledPayment(1), { ...settledPayment(2), processor: 1 }]
      assert(harness.archive.find(a.correlationId, 0) === undefined, 'nothing at first')
      await add(harness, a, b)
      assertFound(harness, a)
      assertFound(harness, b)
      assert(harness.archive.find(settledPayment(3).correlationId, 0) === undefined, 'nothing else')
      assert(harness.archive.count === 2, 'both are counted')
    },
  },
  {
    name: 'what was discarded is listed, and nothing that settled',
    async run(harness) {
      await add(harness, settledPayment(1), discardedPayment(2), discardedPayment(3))
      const found: ArchivedPayment[] = []
      for await (const piece of harness.archive.discarded()) found.push(...piece)
      assert(text(found) === text([discardedPayment(2), discardedPayment(3)]), 'both, as they were added')
    },
  },
  {
    name: 'every field has its whole range',
    async run(harness) {
      const large = {
        ...settledPayment(1),
        amountCents: 1_000_000_000,
        acceptedAtMs: 8.64e13,
        requestedAtMs: 2 ** 47,
      }
      const least = { ...settledPayment(2), amountCents: 1, acceptedAtMs: 1, requestedAtMs: 1 }
      const discarded = { ...discardedPayment(3), reason: `ß 422 "→" ${'x'.repeat(200)}` }
      const payments = [large, least, discarded]
      await add(harness, ...payments)
      for (const payment of payments) assertFound(harness, payment)
    },
  },
  {
    name: 'a payment that is added again is there once, as it was added last',
    async run(harness) {
      await add(harness, discardedPayment(1), settledPayment(2))
      const [first, second] = [settledPayment(1), { ...settledPayment(2), requestedAtMs: 77 }]
      await add(harness, first, second)
      assertFound(harness, first)
      assertFound(harness, second)
      assert(harness.archive.count === 2, 'each is counted once')
      const all = await settled(harness.archive, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
      assert(text(all) === text([second, first]), 'each is listed once')
    },
  },
  {
    name: 'a span lists what settled in it, in order, both ends included',
    async run(harness) {
      const at = (number: number, requestedAtMs: number) => ({ ...settledPayment(number), requestedAtMs })
      await add(harness, at(9, 2000), at(1, 3001), at(5, 1000), at(2, 2000), discardedPayment(4), at(7, 999))
      await add(harness, at(3, 2000), at(8, 3000))
      const expected = [at(5, 1000), at(2, 2000), at(3, 2000), at(9, 2000), at(8, 3000)]
      assert(text(await settled(harness.archive, 1000, 3000)) === text(expected), 'these, in order')
      assert((await settled(harness.archive, 3002, 9000)).length === 0, 'none')
    },
  },
  {
    name: 'thousands are added, found and listed',
    async run(harness) {
      const payments = Array.from({ length: 5000 }, (_, index) => settledPayment(index))
      await add(harness, ...payments.slice(0, 3000))
      await add(harness, ...payments.slice(3000))
      for (const payment of payments) assertFound(harness, payment)
      const found = await settled(harness.archive, 0, 2 ** 40)
      assert(found.length === 5000 && harness.archive.count === 5000, 'all of them')
      assert(
        found.every(
          (payment, index) => index === 0 || payment.requestedAtMs >= (found[index - 1]?.requestedAtMs ?? 0),
        ),
        'in order',
      )
    },
  },
  {
    name: 'a later generation is empty, and has what is added to it',
    async run(harness) {
      const { archive } = harness
      await add(harness, settledPayment(1))
      archive.begin(1)
      assert(archive.generation === 1, 'it is the one that was begun')
      assert(archive.count === 0 && archive.find(settledPayment(1).correlationId, 0) === undefined, 'empty')
      assert((await settled(archive, 0, 2 ** 40)).length === 0, 'nothing to list')
      await add(harness, settledPayment(2))
      assertFound(harness, settledPayment(2))
      archive.begin(5)
      assert(archive.find(settledPayment(2).correlationId, 0) === undefined, 'empty again')
    },
  },
  {
    name: 'what was being added when a generation ended is not in the next one',
    async run(harness) {
      const { archive } = harness
      let isDone = false
      archive.add([settledPayment(1)], () => {
        isDone = true
      })
      archive.begin(1)
      await harness.until('the add has ended', () => isDone)
      assert(archive.count === 0 && archive.find(settledPayment(1).correlationId, 0) === undefined, 'empty')
      await add(harness, settledPayment(2))
      assertFound(harness, settledPayment(2))
    },
  },
]
