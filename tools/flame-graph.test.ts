import { expect, test } from 'vitest'
import { flameGraph, heaviest } from './flame-graph.ts'

const node = (id: number, functionName: string, children: readonly number[] = []) => ({
  id,
  callFrame: { functionName, url: functionName.startsWith('(') ? '' : 'file:///x/api.mjs', lineNumber: id },
  children,
})
const profile = {
  nodes: [node(1, '(root)', [2, 3]), node(2, '(idle)'), node(3, 'outer<a>', [4]), node(4, 'inner')],
  samples: [2, 3, 4, 4],
  timeDeltas: [600, 100, 200, 100],
}

test('the width of a bar is the time in its function and below it, without idle time', () => {
  const svg = flameGraph('a node', profile)
  expect(svg).toContain('outer&lt;a&gt; api.mjs:4 100.00 %, itself 25.00 %')
  expect(svg).toContain('inner api.mjs:5 75.00 %, itself 75.00 %')
  expect(svg).toMatch(/width="1400\.0".*outer&lt;a&gt;/)
  expect(svg).toMatch(/width="1050\.0".*inner/)
  expect(svg).not.toContain('(idle)')
  expect(svg).toContain('60 % of the time it was idle')
})

test('the heaviest function is the one with the most time of its own', () => {
  expect(heaviest(profile, 1)).toEqual([{ name: 'inner api.mjs:5', share: 0.75 }])
})
