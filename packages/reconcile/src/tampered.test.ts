import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { idOf, Scene, startMs } from './testing.ts'

/**
 * Several falsifications at once, at random places, are each found by their id. Payments come in bursts, so that many share
 * a millisecond. Every payment is looked up, so that falsifications that cancel within a millisecond are found, too.
 */
const kinds = ['missing', 'amount', 'requestedAt', 'twice', 'notOurs'] as const

test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))('every falsification is found (%i)', seed => {
  const prng = new Prng(seed)
  const scene = new Scene()
  const count = prng.integer(1, 400)
  for (let number = 1; number <= count; number += 1) {
    scene.pay(number, prng.chance(0.7) ? 1990 : prng.integer(1, 5000), prng.integer(0, 1))
    if (prng.chance(0.5)) scene.nowMs += prng.integer(0, 40)
  }
  const expected = new Set<string>()
  const spanMs = scene.wallMs - startMs
  for (let left = prng.integer(0, 8), extra = 10_000; left > 0; left -= 1) {
    const number = prng.integer(1, count)
    const at = scene.ledger.processor(number - 1)
    const books = scene.books[at]
    if (books === undefined || [...expected].some(each => each.endsWith(` ${number}`))) continue
    const kind = kinds[prng.integer(0, kinds.length - 1)]
    const atMs = scene.ledger.requestedAtMs(number - 1)
    if (kind === 'missing') books.remove(idOf(number))
    else if (kind === 'amount') scene.amend(number, { amountCents: prng.integer(5001, 9000) }, at)
    else if (kind === 'requestedAt')
      scene.amend(number, { requestedAtMs: atMs + (prng.chance(0.5) ? 1 : -1) * prng.integer(1, 500) }, at)
    else if (kind === 'twice') scene.books[1 - at]?.record(idOf(number), 1990, atMs)
    else if (prng.chance(0.5)) {
      extra += 1
      books.record(idOf(extra), 1990, startMs + prng.integer(0, spanMs))
      expected.add(`an extra ${extra}`)
      continue
    } else continue
    expected.add(`${kind} ${number}`)
  }
  const reconciler = scene.reconciler()
  const words = [...scene.found(reconciler, true)].filter(each => !/^(default|fallback) /.test(each))
  const named = words.filter(each => !each.startsWith('notOurs'))
  expect(named.toSorted()).toEqual([...expected].filter(each => !each.startsWith('an extra')).toSorted())
  const extraCount = words
    .filter(each => each.startsWith('notOurs'))
    .reduce((sum, each) => sum + Number(each.split(' ')[1]), 0)
  expect(extraCount).toBe([...expected].filter(each => each.startsWith('an extra')).length)
  const compared = reconciler.report().processors.map(each => each.compared?.remainder)
  expect(compared.filter(each => each !== undefined)).toEqual(
    compared.flatMap(each => (each === undefined ? [] : [{ count: 0, amountCents: 0 }])),
  )
})
