import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { steadyLoad } from './steady-load.ts'
import { readWrk } from './wrk.ts'

test('the steady load posts the planned number of payments, each with an id of its own, over kept connections', async () => {
  const ids = new Set<string>()
  const sockets = new Set<unknown>()
  const server = createServer((request, response) => {
    sockets.add(request.socket)
    request.on('data', piece => ids.add(JSON.parse(String(piece)).correlationId))
    request.on('end', () => response.writeHead(ids.size % 10 === 0 ? 503 : 202).end())
  })
  await new Promise<void>(resolve => server.listen(0, resolve))
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const run = 'a1b2c3d4e5f6a7b8c9d0'
  const result = await steadyLoad({ origin, perSecond: 500, lengthMs: 400, run })
  expect(ids.size).toBe(200)
  expect([result.latenciesMs.length, result.failedCount]).toEqual([180, 20])
  expect(sockets.size).toBeLessThan(200)
})

test("wrk's figures are read from the line that its script prints, and an answer above 399 is not accepted", () => {
  const line =
    '{"requestCount":100,"badStatusCount":7,"failedCount":8,"lengthMs":4000.5,"p50Ms":1.5,"p99Ms":3,"p999Ms":4}'
  expect(readWrk(`Running 4s test\n  1 threads\n\n${line}\n`)).toEqual({
    ...{ acceptedCount: 93, failedCount: 8, lengthMs: 4000.5, p50Ms: 1.5, p99Ms: 3, p999Ms: 4 },
  })
  expect(() => readWrk('unable to connect')).toThrow('wrk said no figures')
})
