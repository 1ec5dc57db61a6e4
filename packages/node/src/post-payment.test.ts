import { describe, expect, test } from 'vitest'
import { ackWaitMsMax, type Call, Coordinator, idOf, paymentJson, TestNode } from './testing.ts'

/** The meaning of a 202: each level, the answer when the level is not reached, and that no payment is taken back. */

const told = ({ answerCount, status, headers }: Call) =>
  answerCount === 0 ? 'waits' : `${status} ${headers['Preference-Applied'] ?? headers['Retry-After']}`

test('at received the 202 comes in the call that brings the body, and the payment is written by then', () => {
  const coordinator = new Coordinator()
  const tested = new TestNode(coordinator, { ackLevel: 'received' })
  const call = tested.post(paymentJson(1))
  expect([told(call), call.text]).toEqual(['202 ack=received', ''])
  tested.channel.close(0, () => {})
  tested.clock.pass(0)
  expect(coordinator.payments).toEqual([`${idOf(1)} 1990`])
})

test('a 202 says where the payment can be asked for, under its id in small letters', () => {
  const tested = new TestNode(new Coordinator())
  const calls = [
    tested.post(
      paymentJson(0xab).toUpperCase().replace('CORRELATIONID', 'correlationId').replace('AMOUNT', 'amount'),
    ),
    tested.post(paymentJson(2)),
  ]
  tested.clock.pass(1)
  expect(calls.map(call => call.headers.Location)).toEqual([
    `/payments/${idOf(0xab)}`,
    `/payments/${idOf(2)}`,
  ])
})

test('at queued the 202 comes when the coordinator has the payment, and the answer says so', () => {
  const coordinator = new Coordinator()
  const tested = new TestNode(coordinator)
  const call = tested.post(paymentJson(1))
  expect([told(call), coordinator.payments]).toEqual(['waits', []])
  tested.clock.pass(1)
  expect([told(call), coordinator.payments]).toEqual(['202 ack=queued', [`${idOf(1)} 1990`]])
})

test('at replicated the 202 comes when a quorum has the payment, which is then journaled, too', () => {
  const coordinator = new Coordinator('a replicated log')
  const tested = new TestNode(coordinator)
  const calls = ['queued', 'journaled', 'replicated'].map((level, number) =>
    tested.post(paymentJson(number + 1), { prefer: `ack=${level}` }),
  )
  tested.clock.pass(ackWaitMsMax - 1)
  expect(calls.map(told)).toEqual(['202 ack=queued', 'waits', 'waits'])
  coordinator.sync()
  tested.clock.pass(0)
  expect(calls.slice(1).map(told)).toEqual(['202 ack=journaled', '202 ack=replicated'])
})

test('a journal on one disk is not replicated: the 202 names what was reached, and where more is asked it is 503', () => {
  const coordinator = new Coordinator('a journal')
  const [tested, strict] = [
    new TestNode(coordinator),
    new TestNode(coordinator, { ackLevelMin: 'replicated' }),
  ]
  const calls = [tested.post(paymentJson(1), { prefer: 'ack=replicated' }), strict.post(paymentJson(2))]
  for (const { clock } of [tested, strict]) clock.pass(0)
  coordinator.sync()
  for (const { clock } of [tested, strict]) clock.pass(0)
  expect(calls.map(told)).toEqual(['202 ack=journaled', expect.stringContaining('503')])
})

test('at journaled the 202 comes when the journal has the payment, and not before', () => {
  const coordinator = new Coordinator('a journal')
  const tested = new TestNode(coordinator)
  const queued = tested.post(paymentJson(1))
  const journaled = tested.post(paymentJson(2), { prefer: 'ack=journaled' })
  tested.clock.pass(ackWaitMsMax - 1)
  expect([told(queued), told(journaled)]).toEqual(['202 ack=queued', 'waits'])
  coordinator.sync()
  tested.clock.pass(0)
  expect(told(journaled)).toBe('202 ack=journaled')
})

test.each([
  ['received', undefined, 'received', 'received'],
  ['received', 'wait=5, ack=queued', 'received', 'queued'],
  ['received', 'wait=5\nack=queued', 'received', 'queued'],
  ['received', 'respond-async\nwait=5, ack="queued"\nack=received', 'received', 'queued'],
  ['queued', 'ack=received', 'received', 'received'],
  ['queued', 'ack=received', 'queued', 'queued'],
  ['queued', 'ack=nonsense', 'received', 'queued'],
] as const)(
  'where %s is usual, "Prefer: %s" with at least %s is told %s',
  (ackLevel, prefer, ackLevelMin, level) => {
    const tested = new TestNode(new Coordinator(), { ackLevel, ackLevelMin })
    const call = tested.post(paymentJson(1), prefer === undefined ? {} : { prefer })
    tested.clock.pass(1)
    expect(told(call)).toBe(`202 ack=${level}`)
  },
)

describe('when the wait is over', () => {
  test('each client is answered at its own time with the level reached, and the payments are delivered later', () => {
    const tested = new TestNode()
    const first = tested.post(paymentJson(1))
    tested.clock.pass(300)
    const second = tested.post(paymentJson(2), { prefer: 'ack=journaled' })
    const seen = [ackWaitMsMax - 301, 1, 299, 1].map(spanMs => {
      tested.clock.pass(spanMs)
      return [told(first), told(second)]
    })
    expect(seen).toEqual([
      ['waits', 'waits'],
      ['202 ack=received', 'waits'],
      ['202 ack=received', 'waits'],
      ['202 ack=received', '202 ack=received'],
    ])
    const coordinator = new Coordinator()
    tested.comeBack(coordinator)
    tested.clock.pass(20)
    expect(coordinator.payments).toEqual([`${idOf(1)} 1990`, `${idOf(2)} 1990`])
  })

  test('below the least level the answer is 503, which does not take the payment back', () => {
    const tested = new TestNode(undefined, { ackLevelMin: 'queued' })
    const call = tested.post(paymentJson(1), { prefer: 'ack=received' })
    tested.clock.pass(ackWaitMsMax)
    expect(told(call)).toBe('503 1')
    expect(JSON.parse(call.text).detail).toMatch(/ACK_LEVEL_MIN.*Posting it again is safe/)
    const coordinator = new Coordinator()
    tested.comeBack(coordinator)
    tested.clock.pass(20)
    expect(coordinator.payments).toEqual([`${idOf(1)} 1990`])
  })

  test('a payment that has reached the coordinator and not its journal is answered queued, or 503 if that is below the least level', () => {
    const tested = new TestNode(new Coordinator('a journal'))
    const call = tested.post(paymentJson(1), { prefer: 'ack=journaled' })
    tested.clock.pass(ackWaitMsMax)
    expect(told(call)).toBe('202 ack=queued')
    const strict = new TestNode(new Coordinator('a journal'), { ackLevelMin: 'journaled' })
    const refused = strict.post(paymentJson(1))
    strict.clock.pass(ackWaitMsMax)
    expect([told(refused), refused.text]).toEqual(['503 1', expect.stringContaining('JOURNAL_DIR')])
  })
})

test('when the connection opens as the wait ends, the payment is written to it before the client is answered received', () => {
  // The wait is shorter than a message takes. So it ends after the welcome, and before the turn's flush.
  const opening = () => {
    const tested = new TestNode(undefined, { ackWaitMsMax: 1 }, 2)
    tested.comeBack(new Coordinator())
    return tested
  }
  const found = opening()
  while (!found.channel.connected) found.clock.pass(0.5)
  const tested = opening()
  tested.clock.pass(found.clock.nowMs - tested.clock.nowMs - 1)
  const call = tested.post(paymentJson(1))
  const writeCountBefore = tested.writeCount
  let writeCount = 0
  const end = call.end.bind(call)
  call.end = () => {
    writeCount = tested.writeCount
    end()
  }
  tested.clock.pass(1)
  expect([told(call), writeCount]).toEqual(['202 ack=received', writeCountBefore + 1])
})

test('without a journal no client waits for one', () => {
  const tested = new TestNode(new Coordinator())
  const call = tested.post(paymentJson(1), { prefer: 'ack=journaled' })
  tested.clock.pass(1)
  expect(told(call)).toBe('202 ack=queued')
})

test('a client that waits is answered when the coordinator comes back in time', () => {
  const tested = new TestNode()
  const call = tested.post(paymentJson(1))
  tested.clock.pass(500)
  tested.comeBack(new Coordinator())
  tested.clock.pass(20)
  expect(told(call)).toBe('202 ack=queued')
})

test('a client that leaves while it waits is not answered, and the client after it is', () => {
  const tested = new TestNode()
  const [gone, behind] = [tested.post(paymentJson(1)), tested.post(paymentJson(2))]
  gone.leave()
  expect(tested.node.openRequests.count).toBe(1)
  const coordinator = new Coordinator()
  tested.comeBack(coordinator)
  tested.clock.pass(20)
  expect([told(gone), told(behind), coordinator.payments.length]).toEqual(['waits', '202 ack=queued', 2])
  expect(tested.node.openRequests.count).toBe(0)
})

test('while the buffer is full, clients get 503 with the names of its settings, until the coordinator takes payments', () => {
  const tested = new TestNode(undefined, { bufferCountMax: 2, ackLevel: 'received' })
  const answers = [1, 2, 3].map(number => told(tested.post(paymentJson(number))))
  expect(answers).toEqual(['202 ack=received', '202 ack=received', '503 1'])
  expect(tested.post(paymentJson(3)).text).toMatch(/BUFFER_COUNT_MAX.*BUFFER_AGE_MS_MAX/)
  tested.comeBack(new Coordinator())
  tested.clock.pass(20)
  expect(told(tested.post(paymentJson(3)))).toBe('202 ack=received')
})

test.each([
  ['0.07', '7'],
  ['1e-2', '1'],
  ['10000000.00', '1000000000'],
])('an amount of %s is %s cents', (lexeme, cents) => {
  const coordinator = new Coordinator()
  const tested = new TestNode(coordinator, { ackLevel: 'received' })
  tested.post(paymentJson(1, lexeme))
  tested.clock.pass(1)
  expect(coordinator.payments).toEqual([`${idOf(1)} ${cents}`])
})

test.each([
  ['', 'body', /empty/],
  ['{', 'body', /well-formed/],
  ['[]', 'body', /not a JSON object/],
  [`{"correlationId":"1","amount":1}`, 'correlationId', /UUID/],
  [paymentJson(1, '1.005'), 'amount', /2 decimals/],
  [paymentJson(1, '0'), 'amount', /greater than zero/],
  [paymentJson(1, '-1'), 'amount', /greater than zero/],
  [paymentJson(1, '10000000.01'), 'amount', /greater than 10000000\.00/],
  [paymentJson(1, '"19.90"'), 'amount', /not a JSON number/],
  [`{"correlationId":"${idOf(1)}"}`, 'amount', /missing/],
  [`{"amount":1}`, 'correlationId', /missing/],
])('%j is answered 400, naming the field', (body, field, detail) => {
  const tested = new TestNode(new Coordinator())
  const call = tested.post(body)
  expect(call.status).toBe(400)
  expect(JSON.parse(call.text)).toMatchObject({ field, detail: expect.stringMatching(detail) })
  expect(tested.channel.unacknowledgedCount).toBe(0)
})

test.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
  'a body declared as %j is answered 415 before it has come, and is not read after that',
  contentType => {
    const tested = new TestNode(new Coordinator())
    const call = tested.begin('POST /payments', { 'content-type': contentType })
    expect(call.status).toBe(415)
    call.send([paymentJson(1)])
    expect([call.answerCount, tested.channel.unacknowledgedCount]).toEqual([1, 0])
  },
)

test('when the ledger is nearly full, a window’s worth of payments is taken, and others get 503 with the setting’s name', () => {
  const coordinator = Object.assign(new Coordinator('a journal'), { roomLeft: 2, lastingRoomLeft: 2 })
  const tested = new TestNode(coordinator, { ackLevel: 'received' })
  const calls = [1, 2, 3].map(number => tested.post(paymentJson(number)))
  expect(calls.map(told)).toEqual(['202 ack=received', '202 ack=received', '503 1'])
  expect(JSON.parse(calls[2]?.text ?? '').detail).toContain('PAYMENT_COUNT_MAX')
})
