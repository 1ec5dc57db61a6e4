import { Prng } from '@rinha/base'
import type { HttpRequest, HttpResponse } from '@rinha/node'
import { describe, expect, test } from 'vitest'
import { World } from '../world.ts'
import { type HttpAnswer, HttpExchange, type HttpMessage } from './http.ts'
import { Process } from './process.ts'
import { Trace } from './trace.ts'
import { Violation } from './violation.ts'

type Serve = (response: HttpResponse, request: HttpRequest) => void

const text = '{"a":1}'
const post: HttpMessage = {
  method: 'post',
  path: '/payments',
  query: 'a=b',
  headers: { prefer: 'ack=queued' },
  body: text,
}

/** Plays one request against a node that is only this function. */
function play(serve: Serve, seed = 1) {
  const world = new World(seed)
  const process = new Process(world, 1)
  const over: (HttpAnswer | undefined)[] = []
  const open = new Set<HttpExchange>()
  const context = {
    world,
    prng: new Prng(seed),
    timers: process.timers,
    trace: new Trace(world),
    onTurn: () => {},
    onOver: (one: HttpExchange) => open.delete(one),
  }
  const exchange = new HttpExchange(post, context, answer => over.push(answer))
  open.add(exchange)
  exchange.begin(serve)
  const untilEnd = () => world.runUntil(world.nowMs + 100)
  return { exchange, open, over, world, process, untilEnd }
}

const answer = (response: HttpResponse) =>
  response.cork(() => {
    response.writeStatus('202 Accepted')
    response.writeHeader('Preference-Applied', 'ack=queued')
    response.end('body')
  })

test('a request is read as it was written, and its answer comes once, with header names in lower case', () => {
  const read: string[] = []
  const { over, open } = play((response, request) => {
    read.push(request.getMethod(), request.getUrl(), request.getQuery(), request.getHeader('prefer'))
    read.push(request.getHeader('accept'))
    answer(response)
  })
  expect(read).toEqual(['post', '/payments', 'a=b', 'ack=queued', ''])
  expect(over).toEqual([{ status: 202, headers: { 'preference-applied': 'ack=queued' }, body: 'body' }])
  expect(open.size).toBe(0)
})

test('a body comes after the call, in one piece or several, and each piece is taken back', () => {
  const counts = new Set<number>()
  for (let seed = 1; seed <= 30; seed += 1) {
    const pieces: Uint8Array[] = []
    let whole = ''
    let endCount = 0
    const { untilEnd, exchange, world } = play(response => {
      response.onData((piece, isLast) => {
        const bytes = new Uint8Array(piece)
        whole += new TextDecoder().decode(bytes)
        pieces.push(bytes)
        if (isLast) endCount += 1
      })
      expect(pieces).toEqual([])
    }, seed)
    untilEnd()
    expect([whole, endCount]).toEqual([text, 1])
    expect(pieces.every(piece => piece.every(byte => byte === 0))).toBe(true)
    expect(exchange.wholeAtMs).toBeGreaterThan(world.nowMs - 101)
    counts.add(pieces.length)
  }
  expect(counts.size).toBeGreaterThan(1)
})

test('the node is told that a client leaves, and gets no more of its body', () => {
  let leftCount = 0
  let pieceCount = 0
  const { exchange, open, over, untilEnd } = play(response => {
    response.onAborted(() => {
      leftCount += 1
    })
    response.onData(() => {
      pieceCount += 1
    })
  })
  const before = pieceCount
  exchange.leave()
  exchange.leave()
  untilEnd()
  expect([leftCount, pieceCount, over, open.size]).toEqual([1, before, [], 0])
})

test('the client is told once that a node dies, and is not told after an answer', () => {
  const { exchange, over } = play(() => {})
  exchange.reset()
  exchange.reset()
  expect(over).toEqual([undefined])
  const answered = play(answer)
  answered.exchange.reset()
  expect(answered.over).toHaveLength(1)
})

describe('blames', () => {
  test.each<[string, Serve]>([
    ['an answer outside of a cork', response => response.end()],
    ['a second answer', response => [answer(response), answer(response)]],
    ['a body read after the answer', response => [answer(response), response.onData(() => {})]],
  ])('%s', (_, serve) => {
    expect(() => play(serve)).toThrow(Violation)
  })

  test('a request read when its call is over', () => {
    let late: HttpRequest | undefined
    play((_, request) => {
      late = request
    })
    expect(() => late?.getUrl()).toThrow('reads a request that is over')
  })

  test('an answer to a client that has left', () => {
    let late: HttpResponse | undefined
    const { exchange } = play(response => {
      late = response
    })
    exchange.leave()
    expect(() => late && answer(late)).toThrow('on a response that is gone')
  })
})
