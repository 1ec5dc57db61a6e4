import { describe, expect, test } from 'vitest'
import { tidy } from './tidy.ts'

/** The complaints about one file. Another file imports it, so that it is not reported as dead. */
function said(path: string, text: string): readonly string[] {
  const sources = new Map([
    ['tools/uses.ts', `import '../${path}'`],
    [path, text],
  ])
  return tidy(sources).filter(line => line.startsWith(path))
}

describe('arrows', () => {
  test.each([
    ['packages/base/src/a.ts', '@rinha/payment', 'no arrow from base to payment'],
    ['packages/settings/src/a.ts', '@rinha/payment', 'no arrow from settings to payment'],
    ['packages/ledger/src/a.ts', '@rinha/routing', 'no arrow from ledger to routing'],
    ['packages/routing/src/a.ts', '@rinha/engine', 'no arrow from routing to engine'],
    ['packages/engine/src/a.ts', '@rinha/processor', 'no arrow from engine to processor'],
    ['packages/service/src/a.ts', '@rinha/payment', 'no arrow from service to payment'],
    ['packages/channel/src/tcp/a.ts', '@rinha/ledger', 'no arrow from channel to ledger'],
    ['packages/engine/src/a.ts', '@rinha/channel/tcp', 'a pure room imports no shell'],
    ['packages/channel/src/a.ts', './tcp/index.ts', 'a pure file imports no shell'],
    ['packages/payment/src/a.ts', '../../base/src/assert.ts', 'another room is imported by its name'],
    ['packages/payment/src/a.ts', '@rinha/base/src/assert.ts', 'through its door only'],
    ['apps/api/src/a.ts', '@rinha/channel/src/codec.ts', 'through its door only'],
    ['apps/api/src/a.ts', '@rinha/coordinator-app', 'only the test of an app imports an app'],
    ['packages/engine/src/a.test.ts', '@rinha/coordinator-app', 'only the test of an app imports an app'],
    ['packages/processor/src/http/a.ts', '@rinha/processor-twin', 'only the test of an app imports an app'],
    ['bench/a.ts', '../packages/base/src/assert.ts', 'another room is imported by its name'],
    ['apps/api/src/a.ts', '../../coordinator/src/admin.ts', 'nothing imports an app'],
    ['packages/engine/src/a.ts', '../../../apps/api/src/listen.ts', 'nothing imports an app'],
    ['packages/engine/src/a.ts', 'node:fs', 'no node: module'],
    ['packages/engine/src/a.ts', 'undici', 'no library'],
    ['apps/api/src/a.ts', '@rinha/testing', 'only tests and benches import it'],
    ['packages/unheard-of/src/a.ts', 'x', 'does not know the room unheard-of'],
  ])('%s may not import %s', (path, target, words) => {
    expect(said(path, `import { x } from '${target}'\nexport { x }`).join()).toContain(words)
  })

  test('re-exports and dynamic imports are arrows too', () => {
    expect(said('packages/base/src/a.ts', `export * from '@rinha/payment'`)).toHaveLength(1)
    expect(said('packages/base/src/a.ts', `export const a = import('@rinha/payment')`)).toHaveLength(1)
  })

  test.each([
    ['packages/engine/src/a.ts', '@rinha/ledger'],
    ['packages/channel/src/codec.ts', 'msgpackr'],
    ['packages/channel/src/tcp/a.ts', 'node:net'],
    ['packages/processor/src/http/a.ts', 'undici'],
    ['packages/service/src/a.ts', 'pino'],
    ['packages/engine/src/a.test.ts', 'node:fs'],
    ['packages/processor/src/contract.ts', 'vitest'],
    ['apps/api/src/a.ts', '@rinha/channel/tcp'],
    ['apps/coordinator/src/a.test.ts', '@rinha/processor-twin'],
    ['packages/engine/src/a.test.ts', '@rinha/testing'],
    ['packages/processor/src/http/a.test.ts', '@rinha/processor-twin'],
    ['packages/channel/src/a.arbitrary.ts', 'fast-check'],
    ['bench/a.ts', '../packages/base/src/index.ts'],
    ['e2e/a.ts', '../apps/judge/src/score/run.ts'],
  ])('%s may import %s', (path, target) => {
    expect(said(path, `import { x } from '${target}'\nexport { x }`)).toEqual([])
  })
})

describe('calls banned in pure rooms', () => {
  const pure = 'packages/engine/src/a.ts'
  test.each([
    'Date.now()',
    'new Date()',
    'Date()',
    'Math.random()',
    'performance.now()',
    'setTimeout(() => {}, 1)',
    'setInterval(() => {}, 1)',
    'setImmediate(() => {})',
    'queueMicrotask(() => {})',
    'process.env.X',
    'fetch("http://x")',
    'crypto.randomUUID()',
    'globalThis.setTimeout',
    '({ now: performance })',
  ])('%s', call => {
    expect(said(pure, `export const a = () => ${call}`).join()).toMatch(
      /in a pure room time, chance and I\/O/,
    )
  })

  test.each(['new Date(5)', 'Date.UTC(2025, 1)', 'Math.max(1, 2)', 'x.process', '({ fetch: 1 })'])(
    '%s is not one',
    call => {
      expect(said(pure, `export const a = (x: any) => ${call}`)).toEqual([])
    },
  )

  test('a name that the file binds itself is not the global', () => {
    expect(said(pure, 'export const a = (crypto: Hmac) => crypto.sign()')).toEqual([])
    expect(said(pure, 'export function a(b: B) { const { crypto } = b; return crypto.sign() }')).toEqual([])
  })

  test('shells and apps may make these calls', () => {
    expect(said('packages/channel/src/tcp/a.ts', 'export const a = Date.now()')).toEqual([])
    expect(said('apps/api/src/a.ts', 'export const a = Date.now()')).toEqual([])
  })

  test('the tests of a pure room take no time either', () => {
    expect(said('packages/engine/src/a.test.ts', 'setTimeout(() => {}, 1)')).toHaveLength(1)
  })
})

describe('bare units', () => {
  test.each([
    'export interface A { timeout: number }',
    'export interface A { readonly retryDelay?: number }',
    'export function f(maxAge: number) { return maxAge }',
    'export const f = (amount: number): void => {}',
    'export const interval = 5000',
    'export const delayMax = 5000',
    'export class A { #size = 0 }',
    'export class A { fee: number | undefined; duration: number = f() }',
  ])('%s', text => {
    expect(said('apps/api/src/a.ts', text).join()).toContain('has no unit')
  })

  test.each([
    'export interface A { timeoutMs: number; delayMsMax: number; amountCents: number; frameBytesMax: number }',
    'export interface A { message: number; usage: number; storage: number; percentage: number }',
    'export interface A { delay: Delay; size: string }',
  ])('%s is none', text => {
    expect(said('apps/api/src/a.ts', text)).toEqual([])
  })

  test('tests speak the words of the wire', () => {
    expect(said('apps/api/src/a.test.ts', 'export interface A { amount: number }')).toEqual([])
  })

  test('an external contract may dictate a name, with the reason written beside it', () => {
    const field = 'amount: number'
    expect(
      said('apps/api/src/a.ts', `export interface A {\n  // tidy: the challenge's JSON\n  ${field}\n}`),
    ).toEqual([])
    expect(
      said('apps/api/src/a.ts', `export interface A {\n  // the challenge's JSON\n  ${field}\n}`),
    ).toHaveLength(1)
  })
})

describe('dead files', () => {
  const dead = (files: Record<string, string>) =>
    tidy(new Map(Object.entries(files))).filter(line => line.includes('is dead'))

  test('a file that nothing imports', () => {
    const files = {
      'apps/api/src/main.ts': `import './a.ts'`,
      'apps/api/src/a.ts': '',
      'apps/api/src/b.ts': '',
    }
    expect(dead(files)).toEqual(['apps/api/src/b.ts:1 is dead: no entry imports it'])
  })

  test('a file that only its own test imports', () => {
    const files = { 'apps/api/src/a.test.ts': `import './a.ts'`, 'apps/api/src/a.ts': '' }
    expect(dead(files)).toHaveLength(1)
  })

  test('helpers of tests, workers, doors and tools are alive', () => {
    const files = {
      'packages/channel/src/tcp/index.ts': '',
      'apps/api/src/a.test.ts': `import './helper.ts'`,
      'apps/api/src/helper.ts': '',
      'apps/judge/src/score/load.worker.ts': `import '../deep.ts'`,
      'apps/judge/src/deep.ts': '',
      'tools/x.mjs': '',
    }
    expect(dead(files)).toEqual([])
  })
})

describe('lengths', () => {
  const path = 'apps/api/src/a.ts'
  const file = (lines: number) => 'export {}\n'.repeat(lines)
  const method = (lines: number) => `export class A {\n  #go() {${'\n'.repeat(lines - 1)}}\n}\n`

  test('a file of 400 lines is the longest', () => {
    expect(said(path, file(400))).toEqual([])
    expect(said(path, file(401)).join()).toContain(`${path} has 401 lines: at most 400 are allowed`)
  })

  test('a function of 70 lines is the longest', () => {
    expect(said(path, method(70))).toEqual([])
    expect(said(path, method(71)).join()).toContain(`${path}#go has 71 lines: at most 70 are allowed`)
  })
})
