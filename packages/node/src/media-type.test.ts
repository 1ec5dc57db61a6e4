import { expect, test } from 'vitest'
import { isJsonMediaType } from './media-type.ts'

test.each([
  'application/json',
  'Application/JSON',
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8;x="y"',
  'application/json ;charset=utf-8',
  'application/problem+json',
  'application/vnd.api.v1+json',
  'application/ld+xml+json',
])('%j is JSON', contentType => {
  expect(isJsonMediaType(contentType)).toBe(true)
})

test.each([
  '',
  'text/plain',
  'text/json',
  'application/x-www-form-urlencoded',
  'application/jsonp',
  'application/xjson',
  'application/+json',
  'application/json, text/plain',
  'application/json-seq',
  'xapplication/json',
  'application/a b+json',
])('%j is not', contentType => {
  expect(isJsonMediaType(contentType)).toBe(false)
})
