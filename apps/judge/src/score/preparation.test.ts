import { createServer, type RequestListener } from 'node:http'
import { listen } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import { officialSchedules } from './official-schedules.ts'
import { onPreparedTargets } from './preparation.ts'

/** Small servers, with which the tests check the requests, their order, and the use of the answers. */
async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`
}

const nothing = JSON.stringify({ totalRequests: 0, totalAmount: 0 })

/** A processor without payments that notes what it was told. */
function processorThat({ tokenStatus = 204 } = {}, asked: string[] = []): Promise<string> {
  return serve((request, response) => {
    const isToken = request.url?.endsWith('/token') === true
    let body = ''
    request.on('data', chunk => {
      body += String(chunk)
    })
    request.on('end', () => {
      if (request.method === 'PUT') asked.push(body)
      response.writeHead(isToken ? tokenStatus : 200).end(isToken ? '' : nothing)
    })
  })
}

/** A backend that answers 503 so often before it serves. */
function backendAfter(refusalCount: number): Promise<string> {
  let count = 0
  return serve((_, response) => {
    count += 1
    response.writeHead(count <= refusalCount ? 503 : 200).end('{}')
  })
}

async function prepare(
  origins: { readonly backend: string; readonly default: string; readonly fallback: string },
  play: () => Promise<string> = async () => 'played',
  signal = new AbortController().signal,
) {
  const waited: string[] = []
  const request = { schedule: officialSchedules.preview, origins, token: '123', waitMs: 1 }
  const played = onPreparedTargets(
    request,
    () => {},
    text => waited.push(text),
    signal,
    play,
  )
  return { played: await played.catch((error: Error) => error), waited }
}

describe('the targets of a run', () => {
  test('are waited for, asked whether the token is right, and healed before it and after it', async () => {
    const asked: string[] = []
    const origins = {
      backend: await backendAfter(2),
      default: await processorThat({}, asked),
      fallback: await processorThat(),
    }
    const { played, waited } = await prepare(origins, async () => {
      asked.push('played')
      return 'the result'
    })
    expect(played).toBe('the result')
    expect(waited).toEqual(
      [1, 2].map(attempt => expect.stringContaining(`answered 503 (try ${attempt} of 15`)),
    )
    const healed = ['{"delay":0}', '{"failure":false}']
    expect(asked).toEqual(['{"token":"123"}', ...healed, 'played', ...healed])
  })

  test('are healed although the run failed', async () => {
    const asked: string[] = []
    const origins = {
      backend: await backendAfter(0),
      default: await processorThat(),
      fallback: await processorThat({}, asked),
    }
    const { played } = await prepare(origins, async () => {
      throw new Error('a bug')
    })
    expect(played).toEqual(new Error('a bug'))
    expect(asked.filter(body => body === '{"failure":false}')).toHaveLength(2)
  })

  test('are left alone where the token is wrong', async () => {
    const asked: string[] = []
    const origins = {
      backend: await backendAfter(0),
      default: await processorThat({ tokenStatus: 401 }, asked),
      fallback: await processorThat(),
    }
    const { played } = await prepare(origins)
    expect(String(played)).toContain('refuses the token: set --token to its X-Rinha-Token')
    expect(asked).toEqual(['{"token":"123"}'])
  })

  test('are given up after fifteen tries of a backend that never serves', async () => {
    const processor = await processorThat()
    const { played, waited } = await prepare({
      backend: await backendAfter(99),
      default: processor,
      fallback: processor,
    })
    expect(String(played)).toMatch(
      /no backend at .* after 15 tries \(answered 503\): start it with `npm start`/,
    )
    expect(waited).toHaveLength(14)
  })

  test('are not waited for after an interrupt', async () => {
    const processor = await processorThat()
    const origins = { backend: await backendAfter(99), default: processor, fallback: processor }
    const { played, waited } = await prepare(origins, undefined, AbortSignal.abort())
    expect(played).toMatchObject({ name: 'AbortError' })
    expect(waited).toEqual([])
  })
})
