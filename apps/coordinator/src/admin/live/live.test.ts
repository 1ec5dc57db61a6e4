import { afterEach, expect, test } from 'vitest'
import { closeAll, configure, pay, startStack, until } from '../../testing.ts'
import { viewerCountMax } from './feed.ts'

afterEach(closeAll)

/** Reads events until `isEnough`. */
async function listen(admin: string, isEnough: (text: string) => boolean, headers = {}): Promise<string> {
  const abort = new AbortController()
  const response = await fetch(`${admin}/events`, { headers, signal: abort.signal })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  let text = ''
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece
    if (isEnough(text)) break
  }
  abort.abort()
  return text
}

function dataOf(text: string, name: string): { [field: string]: unknown }[] {
  return [...text.matchAll(new RegExp(`event: ${name}\ndata: (.*)\n\n`, 'g'))].map(([, data]) =>
    JSON.parse(data ?? ''),
  )
}

test('a viewer gets the state each second, as /queue-status has it, and every event', async () => {
  const { admin, node, twins } = await startStack()
  await configure(twins[0], 'failure', true)
  pay(node, 20)
  const text = await listen(admin, told => dataOf(told, 'status').length >= 2 && told.includes('circuit'))
  const [status] = dataOf(text, 'status')
  const asked = (await (await fetch(`${admin}/queue-status`)).json()) as object
  expect(Object.keys(status ?? {})).toEqual(Object.keys(asked))
  expect(dataOf(text, 'notice')).toContainEqual(
    expect.objectContaining({
      event: expect.objectContaining({ kind: 'circuit', state: 'open', processor: 'default' }),
    }),
  )
  const [id = ''] = /(?<=^id: ).*$/m.exec(text.slice(text.lastIndexOf('id: '))) ?? []
  const later = await listen(admin, told => told.includes('event: status'), { 'last-event-id': id })
  expect(dataOf(later, 'notice').map(({ seq }) => seq)).not.toContain(1)
})

test('a viewer that comes late can read the earlier samples, after an instant', async () => {
  const { admin, node } = await startStack()
  pay(node, 50)
  const read = async (query = '') =>
    (await (await fetch(`${admin}/history${query}`)).json()) as {
      columns: string[]
      samples: (number | null)[][]
    }
  await until(async () => (await read()).samples.length >= 2)
  const { columns, samples } = await read()
  const [first = [], second = []] = samples
  expect(first.length).toBe(columns.length)
  expect(first[columns.indexOf('settledPerSecond')]).toBeNull()
  expect(second[columns.indexOf('settledPerSecond')]).toBeGreaterThanOrEqual(0)
  const { samples: rest } = await read(`?afterMs=${first[0]}`)
  expect(rest[0]).toEqual(second)
  expect((await fetch(`${admin}/history?afterMs=x`)).status).toBe(400)
})

test('HISTORY_SECONDS=0 keeps no samples, and viewers still get the state', async () => {
  const { admin } = await startStack({ HISTORY_SECONDS: '0' })
  const text = await listen(admin, told => dataOf(told, 'sample').length >= 2)
  expect(dataOf(text, 'status').length).toBe(2)
  const { samples } = (await (await fetch(`${admin}/history`)).json()) as { samples: unknown[] }
  expect(samples).toEqual([])
})

test('one viewer too many is refused, and let in when another is gone', async () => {
  const { admin } = await startStack()
  const aborts = await Promise.all(
    Array.from({ length: viewerCountMax }, async () => {
      const abort = new AbortController()
      await fetch(`${admin}/events`, { signal: abort.signal })
      return abort
    }),
  )
  const refused = await fetch(`${admin}/events`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10'])
  aborts[0]?.abort()
  await until(async () => {
    const abort = new AbortController()
    const { ok } = await fetch(`${admin}/events`, { signal: abort.signal })
    abort.abort()
    return ok
  })
  for (const abort of aborts) abort.abort()
})

test('a coordinator that runs from sources has no page, and says so', async () => {
  const { admin } = await startStack()
  for (const path of ['/', '/page.js', '/page.css']) expect((await fetch(`${admin}${path}`)).status).toBe(404)
})
