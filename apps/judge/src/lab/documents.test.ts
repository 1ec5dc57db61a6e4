import { readFileSync } from 'node:fs'
import { candidateLabels } from '@rinha/simulator'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')

test('every table of the laboratory page has every policy: npm run lab writes them anew', () => {
  const [, ...tables] = read('docs/learning/policy-laboratory.md').split(/^\| policy \|.*\n\| --- .*\n/m)
  expect(tables.length).toBeGreaterThan(0)
  for (const table of tables) {
    const rows = table.split(/\n(?!\|)/)[0]?.matchAll(/^\| ([\w-]+) \|/gm) ?? []
    expect(new Set([...rows].map(([, label]) => label))).toEqual(new Set(candidateLabels))
  }
})

test('the README says of every policy when to take it', () => {
  const policies = candidateLabels.filter(label => label !== 'original' && label !== 'retry-loop')
  const table = read('README.md').split('### Which policy')[1]?.split('\n#')[0] ?? ''
  const listed = [...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)
  expect(listed.sort()).toEqual(['POLICY', ...policies].sort())
})
