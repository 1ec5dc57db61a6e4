import { svgText } from '../apps/judge/src/run-report/markup.ts'
import type { BenchResult } from '../packages/testing/src/bench/index.ts'

/** A quantity at several sizes. */
interface Curve {
  readonly label: string
  readonly points: readonly { readonly heldCount: number; readonly value: number }[]
}

interface Panel {
  readonly left: number
  readonly title: string
  readonly curves: readonly Curve[]
  /** Powers of ten at the axis. */
  readonly valueMin: number
  readonly valueMax: number
}

const [width, height, panelWidth, top, bottom] = [1000, 430, 330, 70, 360]
const [heldMin, heldMax] = [10_000, 5_000_000]
const sizes = [10_000, 100_000, 1_000_000, 5_000_000]
const colors = ['#2563a8', '#c2571a', '#2f7d4f', '#8a3fa0']

/** What a payment costs by how many are held, in time and in memory, of the rows that say how many they hold. */
export function growthPlot(results: ReadonlyMap<string, BenchResult>): string {
  const rows = [...results].flatMap(([bench, { rows: found }]) =>
    found.map(row => ({ ...row, label: `${bench.split('/')[0]}: ${row.name.split(',')[0]}` })),
  )
  const held = rows.flatMap(row =>
    row.heldCount === undefined ? [] : [{ ...row, heldCount: row.heldCount }],
  )
  const curves = (value: (row: (typeof held)[number]) => number | undefined): readonly Curve[] =>
    [...new Set(held.map(({ label }) => label))].flatMap(label => {
      const points = held
        .filter(row => row.label === label && value(row) !== undefined)
        .map(row => ({ heldCount: row.heldCount, value: value(row) ?? 0 }))
      return points.length === 0 ? [] : [{ label, points }]
    })
  const panels: readonly Panel[] = [
    { left: 70, title: 'microseconds of CPU', curves: curves(row => row.us), valueMin: 0.1, valueMax: 100 },
    {
      left: 600,
      title: 'bytes a payment',
      curves: curves(row => row.bytes).map(curve => ({ ...curve, label: 'ledger: all settled' })),
      valueMin: 10,
      valueMax: 1000,
    },
  ]
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="#111111">`,
    '<title>What a payment costs by how many are held</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    svgText(70, 28, 'What a payment costs by how many are held', 'font-size="17" font-weight="bold"'),
    ...panels.map(drawPanel),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

function drawPanel({ left, title, curves, valueMin, valueMax }: Panel): string {
  const x = (heldCount: number) => left + share(heldCount, heldMin, heldMax) * panelWidth
  const y = (value: number) => bottom - share(value, valueMin, valueMax) * (bottom - top)
  const decades = Math.round(Math.log10(valueMax / valueMin))
  const values = Array.from({ length: decades + 1 }, (_, index) => valueMin * 10 ** index)
  return [
    svgText(left, 55, title, 'fill="#444444"'),
    ...values.map(
      value =>
        `<line x1="${left}" y1="${y(value)}" x2="${left + panelWidth}" y2="${y(value)}" stroke="#dddddd"/>` +
        svgText(
          left - 8,
          y(value) + 4,
          `${Number(value.toPrecision(1))}`,
          'text-anchor="end" font-size="12"',
        ),
    ),
    ...sizes.map(size =>
      svgText(x(size), bottom + 20, size.toLocaleString('en'), 'text-anchor="middle" font-size="12"'),
    ),
    svgText(left + panelWidth / 2, bottom + 44, 'payments held', 'text-anchor="middle" fill="#444444"'),
    ...curves.map(({ label, points }, index) => {
      const color = colors[index % colors.length] ?? '#111111'
      const places = points.map(point => [x(point.heldCount).toFixed(1), y(point.value).toFixed(1)] as const)
      const [lastX = '0', lastY = '0'] = places.at(-1) ?? []
      return [
        `<polyline points="${places.map(([atX, atY]) => `${atX},${atY}`).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
        ...places.map(([atX, atY]) => `<circle cx="${atX}" cy="${atY}" r="3.5" fill="${color}"/>`),
        svgText(Number(lastX) + 8, Number(lastY) + 4, label, `fill="${color}"`),
      ].join('')
    }),
  ].join('\n')
}

/** Where a value lies between two others, on a logarithmic scale. */
function share(value: number, from: number, to: number): number {
  const part = Math.log(value / from) / Math.log(to / from)
  return Math.min(1, Math.max(0, part))
}
