import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/**
 * An addition to the code is added to its page: each policy, frame, fact, endpoint and metric by its name. These tests read
 * the sources as text, so that they need no build. CONTRIBUTING.md says where each belongs.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name)

/** The names that are missing. A pattern without a match has lost its source, and is reported, too. */
function missing(names: readonly string[], isThere: (name: string) => boolean): readonly string[] {
  return names.length === 0 ? ['no name was found'] : names.filter(name => !isThere(name))
}

function between(text: string, start: string, end: string): string {
  return text.split(start)[1]?.split(end)[0] ?? ''
}

const policies = found(
  between(read('packages/routing/src/policy.ts'), 'const makers = {', '} as const'),
  /^ {2}'?([\w-]+)'?[:,]/gm,
)

test('every policy has a unit test', () => {
  const tests = read('packages/routing/src/policy.test.ts')
  expect(missing(policies, name => tests.includes(`'${name}'`))).toEqual([])
})

const codes = between(read('packages/channel/src/messages.ts'), 'messageCodes = {', '} as const')
const messages = found(codes, /^ {2}(\w+: \d+),/gm)

test('every message of the channel has its row in docs/channel.md, with its code', () => {
  const page = read('docs/channel.md')
  const hasRow = (entry: string) => {
    const [name = '', code] = entry.split(': ')
    return page.includes(`\n| ${code} | ${name.toUpperCase()} |`)
  }
  expect(missing(messages, hasRow)).toEqual([])
})

test('every message of the channel is drawn at random, for round trips and fuzzing', () => {
  const arbitrary = read('packages/channel/src/messages.arbitrary.ts')
  const isDrawn = (entry: string) => arbitrary.includes(`'${entry.split(':')[0]}' as const`)
  expect(missing(messages, isDrawn)).toEqual([])
})

test('every request of the channel has its row in docs/channel.md', () => {
  const kinds = between(read('packages/channel/src/requests.ts'), 'requestKinds = [', '] as const')
  const page = read('docs/channel.md')
  expect(missing(found(kinds, /'(\w+)'/g), kind => page.includes(`\n| ${kind} | \``))).toEqual([])
})

const facts = [...new Set(found(read('packages/payment/src/fact.ts'), /readonly kind: '(\w+)'/g))]

test('every fact is drawn at random by the tests of the journal', () => {
  const drawn = read('packages/journal/src/codec.test.ts')
  expect(missing(facts, kind => drawn.includes(`'${kind}'`))).toEqual([])
})

test('every fact is in the map’s list of words', () => {
  const [row = ''] = /^\| \*\*fact\*\* \|.*$/m.exec(read('docs/architecture.md')) ?? []
  expect(missing(facts, kind => new RegExp(`\\b${kind}\\b`).test(row))).toEqual([])
})

test('every endpoint is in docs/api.md', () => {
  const folder = 'packages/admin-api/src/operations'
  const sources = [
    'packages/public-api/src/operations.ts',
    ...readdirSync(join(root, folder)).map(file => `${folder}/${file}`),
  ]
  const paths = sources.flatMap(path => found(read(path), /\bpath: '(\/[^']+)'/g))
  const page = read('docs/api.md')
  const isThere = (path: string) =>
    path.startsWith('/problems/') || page.includes(`${path}\``) || page.includes(`${path}?`)
  expect(missing(paths, isThere)).toEqual([])
})

test.each(['apps/coordinator/src/metrics/metrics.ts', 'apps/api/src/metrics.ts'])(
  'every metric of %s is in docs/deployment.md',
  path => {
    const names = found(read(path), /\.add\(\s*'\w+',\s*'(\w+)'/g)
    const page = read('docs/deployment.md')
    expect(missing(names, name => new RegExp(`\`${name}[\`{]`).test(page))).toEqual([])
  },
)
