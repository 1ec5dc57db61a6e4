import { expect, test } from 'vitest'
import { bodyMsMax, Coordinator, idOf, paymentJson, TestNode } from './testing.ts'

const bodyBytesMax = 128

function received() {
  const coordinator = new Coordinator()
  return { coordinator, tested: new TestNode(coordinator, { ackLevel: 'received', bodyBytesMax }) }
}

test('a body cut in two at any byte is one payment', () => {
  const { tested, coordinator } = received()
  const body = paymentJson(1)
  for (let cut = 0; cut <= body.length; cut += 1) {
    expect(tested.post([body.slice(0, cut), body.slice(cut)]).status).toBe(202)
    tested.clock.pass(1)
  }
  expect(coordinator.payments).toEqual(new Array(body.length + 1).fill(`${idOf(1)} 1990`))
})

test('a body that comes byte by byte, and ends with an empty piece, is one payment', () => {
  const { tested, coordinator } = received()
  expect(tested.post([...paymentJson(1), '']).status).toBe(202)
  tested.clock.pass(1)
  expect(coordinator.payments).toEqual([`${idOf(1)} 1990`])
})

test.each([
  ['in one piece', (body: string) => [body]],
  ['in two', (body: string) => [body.slice(0, 30), body.slice(30)]],
  ['byte by byte', (body: string) => [...body]],
])('a body of the limit is read %s; one byte more is answered 413 and ends the talk', (_, cut) => {
  const { tested } = received()
  expect(tested.post(cut(paymentJson(1).padEnd(bodyBytesMax))).status).toBe(202)
  const tooLong = tested.post(cut(paymentJson(2).padEnd(bodyBytesMax + 1)))
  expect([tooLong.status, tooLong.headers.Connection]).toEqual([413, 'close'])
  expect(JSON.parse(tooLong.text).detail).toContain(`${bodyBytesMax} bytes (BODY_BYTES_MAX)`)
  expect(tested.channel.unacknowledgedCount).toBe(1)
})

test('bytes after a 413 are not read as a body, even if they would be a valid one', () => {
  const { tested } = received()
  const call = tested.post(' '.repeat(bodyBytesMax + 1))
  call.send([paymentJson(1)])
  expect([call.status, call.answerCount, tested.channel.unacknowledgedCount]).toEqual([413, 1, 0])
})

test('a length over the limit is answered 413 before a byte of the body came', () => {
  const { tested } = received()
  const headers = { 'content-type': 'application/json', 'content-length': String(bodyBytesMax + 1) }
  expect(tested.begin('POST /payments', headers).status).toBe(413)
})

test('after a client leaves in the middle of its body, no state of it is left', () => {
  const { tested } = received()
  const call = tested.begin('POST /payments', { 'content-type': 'application/json' })
  call.send([paymentJson(1).slice(0, 20)], false)
  expect(tested.node.openRequests.count).toBe(1)
  call.leave()
  expect([tested.node.openRequests.count, tested.channel.unacknowledgedCount]).toEqual([0, 0])
})

const json = { 'content-type': 'application/json' }

test.each([
  ['a body', { ...json, 'content-length': '71' }, ''],
  ['a body in chunks', json, '{'],
  ['a body in chunks of which none comes', json, undefined],
])(
  '%s that trickles is answered 408 when its time is over, and the connection is closed',
  (_, headers, first) => {
    const { tested } = received()
    const call = tested.begin('POST /payments', headers)
    if (first !== undefined) call.send([first], false)
    for (let pastMs = 100; pastMs < bodyMsMax; pastMs += 100) {
      tested.clock.pass(100)
      if (first !== undefined) call.send([' '], false)
    }
    expect(call.answerCount).toBe(0)
    tested.clock.pass(100)
    expect([call.status, call.closesConnection]).toEqual([408, true])
    expect(JSON.parse(call.text).detail).toContain(`${bodyMsMax} ms (BODY_MS_MAX)`)
    call.send([paymentJson(1)])
    expect([call.answerCount, tested.channel.unacknowledgedCount]).toEqual([1, 0])
  },
)

test('the time that a body took does not shorten the wait for its level', () => {
  const tested = new TestNode(undefined, { ackWaitMsMax: 2 * bodyMsMax })
  const calls = [json, { ...json, 'content-length': '71' }].map(headers =>
    tested.begin('POST /payments', headers),
  )
  for (const [index, call] of calls.entries()) call.send([paymentJson(index + 1).slice(0, 9)], false)
  tested.clock.pass(bodyMsMax - 1)
  for (const [index, call] of calls.entries()) call.send([paymentJson(index + 1).slice(9)])
  tested.clock.pass(2 * bodyMsMax - 1)
  expect(calls.map(({ answerCount }) => answerCount)).toEqual([0, 0])
  tested.clock.pass(1)
  expect(calls.map(({ status }) => status)).toEqual([202, 202])
})
