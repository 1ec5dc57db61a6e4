import { afterEach, expect, test } from 'vitest'
import { closeAll, configure, pay, startStack, until } from '../testing.ts'

afterEach(closeAll)

interface Decisions {
  readonly entries: readonly {
    readonly seq: number
    readonly kind: string
    readonly words: string
    readonly data: { readonly [name: string]: unknown }
  }[]
  readonly lastSeq: number
}

/** The first events of `/events` about decisions. */
async function firstEvents(admin: string): Promise<readonly string[]> {
  const stop = new AbortController()
  const response = await fetch(`${admin}/events`, { signal: stop.signal })
  let text = ''
  for await (const piece of response.body ?? []) {
    text += new TextDecoder().decode(piece)
    if (text.includes('event: decision')) break
  }
  stop.abort()
  return [text]
}

test('a failing processor, and payments that go to the other one, are told with the reason, also since a seq', async () => {
  const { admin, node, twins } = await startStack()
  const read = async (query = '') => (await (await fetch(`${admin}/decisions${query}`)).json()) as Decisions
  const laneTo = async (name: string) =>
    (await read()).entries.find(({ kind, data }) => kind === 'lane' && data.to === name)
  const payUntil = (name: string) =>
    until(async () => {
      pay(node, 2)
      return (await laneTo(name)) !== undefined
    })
  await payUntil('default')
  await configure(twins[0], 'failure', true)
  await payUntil('fallback')
  const all = await read()
  expect(all.entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['node', 'lane', 'circuit']))
  expect(await laneTo('fallback')).toMatchObject({
    words: expect.stringContaining('payments go to fallback: default: '),
    data: { from: 'default', to: 'fallback' },
  })
  expect(all.entries.map(({ seq }) => seq)).toEqual(all.entries.map((_, index) => index + 1))
  const [first] = (await read('?since=1&limit=1')).entries
  expect(first?.seq).toBe(2)
  expect((await read(`?since=${all.lastSeq + 1_000_000}`)).entries[0]?.seq).toBe(1)
  const [events] = await firstEvents(admin)
  expect(events).toContain('payments go to fallback')
  for (const query of ['?since=-1', '?since=x', '?limit=0', '?limit=1001', '?from=1'])
    expect([query, (await fetch(`${admin}/decisions${query}`)).status]).toEqual([query, 400])
})
