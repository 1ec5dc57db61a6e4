import { expect, test } from 'vitest'
import { adminDocument, adminOperations } from './index.ts'

test('no two operations have the same method and path', () => {
  const places = Object.values(adminOperations).map(({ method, path }) => `${method} ${path}`)
  expect(new Set(places).size).toBe(places.length)
})

test('every parameter of a path is described, and no other', () => {
  for (const operation of Object.values(adminOperations)) {
    const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const described = 'params' in operation ? Object.keys(operation.params.properties) : []
    expect([operation.path, described]).toEqual([operation.path, named])
  }
})

test('the document is plain JSON', () => {
  expect(JSON.parse(JSON.stringify(adminDocument))).toMatchObject({ openapi: '3.1.0' })
})
