import { describe, expect, test } from 'vitest'
import { plotRegrets } from './plot.ts'

const strips = [
  { label: 'patient', tuning: [0, 0.01, 1], heldOut: [0.02] },
  { label: 'a & <b>', tuning: [], heldOut: [] },
]
const svg = plotRegrets(strips)

/** Where the dots of each half of each strip stand, from the left. */
const dots = [...svg.matchAll(/<g [^>]*>(.*?)<\/g>/g)].map(([, inside = '']) =>
  [...inside.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x)),
)

describe('the plot of regrets', () => {
  test('has a dot for each schedule, in a half of its own for each set', () => {
    expect(dots.map(({ length }) => length)).toEqual([3, 1, 0, 0])
  })

  test('goes from nothing at the left to everything at the right, by the square root', () => {
    const [nothing = 0, hundredth = 0, all = 0] = dots[0] ?? []
    expect(nothing).toBeLessThan(hundredth)
    expect(hundredth - nothing).toBeCloseTo((all - nothing) * Math.sqrt(0.01), 0)
  })

  test('puts a regret below nothing and one above everything at the ends', () => {
    const [left, right] = [
      ...plotRegrets([{ label: 'x', tuning: [-0.2, 7], heldOut: [] }]).matchAll(
        /cx="([\d.]+)" cy="\d+" r="2.2"/g,
      ),
    ]
    expect([Number(left?.[1]), Number(right?.[1])]).toEqual([dots[0]?.[0], dots[0]?.[2]])
  })

  test('draws two bars where there are dots and none where there are none', () => {
    expect(svg.match(/stroke-width="2.5"/g)).toHaveLength(4)
  })

  test('names every policy, as text and not as markup', () => {
    expect(svg).toContain('>patient</text>')
    expect(svg).toContain('>a &amp; &lt;b&gt;</text>')
  })

  test('begins further left where a label is long', () => {
    const from = (text: string) => Number(/viewBox="(-?\d+)/.exec(text)?.[1])
    expect(from(svg)).toBe(0)
    expect(from(plotRegrets([{ label: 'x'.repeat(60), tuning: [], heldOut: [] }]))).toBeLessThan(0)
  })
})
