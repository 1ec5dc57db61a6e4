import { expect, test } from 'vitest'
import { adminTokens } from './admin-tokens.ts'

const { parse } = adminTokens('')
const read = (text: string) => {
  const found = parse(text)
  return found && Object.fromEntries(found)
}

test('the setting has a token for each processor, and the address of its admin endpoint if that is another one', () => {
  expect(read('')).toEqual({})
  expect(read('default=123, fallback=a=b:c@http://10.0.0.1:8080')).toEqual({
    default: { token: '123' },
    fallback: { token: 'a=b:c', origin: 'http://10.0.0.1:8080' },
  })
})

test.each(['default', 'default=', '=123', 'a=1,a=2', 'a=1@ftp://x', 'a=1@http://x/path', 'A=1', 'a=1 2'])(
  '%s is none',
  text => {
    expect(read(text)).toBeUndefined()
  },
)
