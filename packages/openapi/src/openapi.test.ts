import { expect, test } from 'vitest'
import {
  answerProblem,
  boolean,
  integer,
  object,
  openApiDocument,
  operations,
  optional,
  Router,
  readInput,
  text,
} from './index.ts'
import { problemKinds, problemPage } from './problems/index.ts'

const all = operations({
  getThing: {
    method: 'GET',
    path: '/things/{id}',
    role: 'viewer',
    tag: 'things',
    summary: 'A thing',
    params: object({ id: text({ pattern: '^[a-z]+$' }) }),
    query: object({ limitCount: optional(integer({ minimum: 1, maximum: 100 })), all: optional(boolean()) }),
    answers: { 200: { description: 'It.', json: object({ name: text() }) } },
    problems: ['not-found'],
  },
  putThing: {
    method: 'PUT',
    path: '/things/{id}',
    role: 'operator',
    tag: 'things',
    summary: 'Another',
    params: object({ id: text() }),
    headers: object({ 'if-match': text() }),
    body: object({ name: text({ maxLength: 5 }) }),
    answers: { 200: { description: 'It.', json: object({ name: text() }) } },
    problems: [],
  },
  getLast: {
    method: 'GET',
    path: '/things/last',
    role: 'open',
    tag: 'things',
    summary: 'The last one',
    answers: { 200: { description: 'Its name.', text: 'text/plain; charset=utf-8' } },
    problems: [],
  },
})
const router = new Router(all)
const found = (method: string, path: string) => {
  const answer = router.find(method, path)
  return answer.kind === 'route' ? [answer.route.operationId, answer.route.params] : answer
}

test('a path is found with its parameters decoded, and one without parameters first', () => {
  expect(found('GET', '/things/a%2Fb')).toEqual(['getThing', { id: 'a/b' }])
  expect(found('HEAD', '/things/last')).toEqual(['getLast', {}])
  expect(found('PUT', '/things/last')).toEqual(['putThing', { id: 'last' }])
})

test('an unknown path, an unknown method and a wrong percent-encoding are told apart', () => {
  expect(found('DELETE', '/things/a')).toEqual({ kind: 'otherMethods', allow: 'GET, HEAD, PUT' })
  expect(found('GET', '/things/%zz')).toEqual({ kind: 'notDecodable' })
  for (const path of ['/', '/things', '/things/', '/things/a/', '//things/a', '/toString'])
    expect(found('GET', path)).toEqual({ kind: 'none' })
})

test('input is read by its schemas, and the first wrong part is named without its value', () => {
  const read = (query: string, params = { id: 'a' }) =>
    readInput(all.getThing, { params, query: new URLSearchParams(query), headers: {}, body: undefined })
  expect(read('limitCount=7&all=true')).toMatchObject({
    ok: true,
    value: { query: { limitCount: 7, all: true } },
  })
  const wrong = (query: string, params?: { id: string }) => {
    const answer = read(query, params)
    return answer.ok ? undefined : answer.error
  }
  expect(wrong('', { id: 'SECRET' })).toMatch(/^path: id must match/)
  expect(wrong('limitCount=0')).toBe('query: limitCount must be >= 1.')
  for (const text of ['1e2', '0x10', '', ' 1', '1.5', '99999999999999999999'])
    expect(wrong(`limitCount=${encodeURIComponent(text)}`)).toMatch(/^query: limitCount must be /)
  expect(wrong('limitCount=1&limitCount=2')).toBe('query: limitCount is given twice.')
  expect(wrong('limit=1')).toBe('query: the parameter limit means nothing here.')
  expect(wrong('__proto__=1')).toBe('query: the parameter __proto__ means nothing here.')
})

test.each([
  [{ name: 'a', other: 'SECRET' }, 'body: other means nothing here.'],
  [{ name: 'SECRET' }, 'body: name must not have more than 5 characters.'],
  [['SECRET'], 'body: must be object.'],
  [{}, 'body: must have required properties name.'],
])('a body %j is refused', (body, error) => {
  const raw = { params: { id: 'a' }, query: [], headers: { 'if-match': 'x', host: 'y' }, body }
  expect(readInput(all.putThing, raw)).toEqual({ ok: false, error })
})

test('the document has each operation, with the problems that its role and its body bring', () => {
  const info = { title: 'Things', version: '1', description: '', security: { token: { type: 'http' } } }
  const { paths } = JSON.parse(JSON.stringify(openApiDocument(info, all))) as {
    paths: Record<
      string,
      Record<string, { responses: object; security?: object; parameters: object[]; requestBody?: object }>
    >
  }
  expect(Object.keys(paths)).toEqual(['/things/{id}', '/things/last'])
  const put = paths['/things/{id}']?.put
  expect(Object.keys(put?.responses ?? {})).toEqual([
    '200',
    '400',
    '401',
    '403',
    '406',
    '408',
    '413',
    '415',
    '503',
  ])
  expect(put?.parameters).toMatchObject([
    { name: 'id', in: 'path', required: true },
    { name: 'if-match', in: 'header', required: true },
  ])
  expect(put?.requestBody).toMatchObject({ required: true })
  expect(put?.security).toEqual([{ token: [] }])
  expect(paths['/things/last']?.get?.security).toBeUndefined()
})

test('an answer that is not in the document is reported', () => {
  const json = (status: number, body: unknown, contentType = 'application/json') =>
    answerProblem(all.getThing, { status, contentType, body: JSON.stringify(body) })
  expect(json(200, { name: 'a' })).toBeUndefined()
  expect(json(200, { name: 'a', more: 1 })).toBe('answer: more means nothing here.')
  expect(json(201, { name: 'a' })).toBe('201 is no answer of it')
  expect(json(200, { name: 'a' }, 'text/html')).toBe('text/html is not application/json')
  const problem = (status: number, body: object) => json(status, body, 'application/problem+json')
  expect(problem(404, { type: '/problems/not-found', title: '', status: 404, detail: '' })).toBeUndefined()
  expect(problem(404, { type: '/problems/not-found', title: '', status: 400, detail: '' })).toContain('404')
  expect(problem(500, { type: '/problems/internal', title: '', status: 500, detail: '' })).toContain(
    'internal',
  )
})

test('every kind of problem has a page, and nothing else has', () => {
  for (const [kind, { title, meaning }] of Object.entries(problemKinds)) {
    expect(problemPage(kind)).toContain(`<h1>${title}</h1>`)
    expect(problemPage(kind)).toContain(meaning)
  }
  for (const name of ['', 'toString', '__proto__', '<script>']) expect(problemPage(name)).toBeUndefined()
})
