import { expect, test } from 'vitest'
import { healthAnswer } from './health.ts'

test('health is 200 with the nodes, and 503 with the reason while the journal fails', () => {
  expect(healthAnswer(undefined, ['api1'])).toEqual({ status: 200, body: { status: 'ok', nodes: ['api1'] } })
  const failure = { code: 'ENOSPC', words: 'the disk says ENOSPC: no space left on device' }
  expect(healthAnswer(failure, ['api1'])).toEqual({
    status: 503,
    body: { status: 'the journal fails', journal: failure, nodes: ['api1'] },
  })
})
