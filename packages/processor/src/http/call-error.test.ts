import { expect, test } from 'vitest'
import { CallError } from './call-error.ts'

function platformError(code: string): Error {
  return Object.assign(new Error('detail of the platform'), { code })
}

/** Each code, and words of the reason it gives. */
const codes: readonly [string, string][] = [
  ['ECONNREFUSED', 'nothing listens'],
  ['ENOTFOUND', 'not known'],
  ['EAI_AGAIN', 'resolved'],
  ['EHOSTUNREACH', 'the processor’s host cannot be reached'],
  ['ENETUNREACH', 'the processor’s network cannot be reached'],
  ['ETIMEDOUT', 'gave the connection up'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connectTimeoutMs'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'closed while writing'],
  ['UND_ERR_SOCKET', 'closed'],
  ['UND_ERR_HEADERS_TIMEOUT', 'no answer in time'],
  ['UND_ERR_BODY_TIMEOUT', 'stopped coming'],
  ['UND_ERR_HEADERS_OVERFLOW', 'headers are too large'],
  ['UND_ERR_ABORTED', 'given up'],
  ['UND_ERR_CLOSED', 'client is closed'],
  ['UND_ERR_DESTROYED', 'client is closed'],
  ['HPE_INVALID_CONSTANT', 'broke'],
]

test.each(codes)('%s is refused before the request was begun, and unknown after', (code, words) => {
  const reason = expect.stringContaining(words)
  expect(CallError.from(platformError(code), false).attemptOutcome).toEqual({
    kind: 'refused',
    sent: false,
    pushedBack: false,
    reason,
  })
  const begun = CallError.from(platformError(code), true)
  expect(begun.attemptOutcome).toEqual({ kind: 'unknown', reason })
  expect(begun.unknown).toEqual({ kind: 'unknown', reason })
  expect(begun.message).toContain(code)
  expect(begun.message).toContain('detail of the platform')
})

test('too many calls at once push back, and are never unknown', () => {
  expect(new CallError('BUSY', false).attemptOutcome).toMatchObject({
    kind: 'refused',
    sent: false,
    pushedBack: true,
  })
})

test('an error without a code keeps its message', () => {
  expect(CallError.from(new TypeError('odd'), true).message).toContain('TypeError: odd')
  expect(CallError.from('odd', true).message).toContain('odd')
  const error = new CallError('TIMEOUT', true)
  expect(CallError.from(error, false)).toBe(error)
})
