import { svgText } from '../run-report/markup.ts'

/** What is drawn: a strip for each policy, with the regrets of both sets. */
export interface Strip {
  readonly label: string
  readonly tuning: readonly number[]
  readonly heldOut: readonly number[]
}

const left = 190
const right = 30
const top = 70
const rowHeight = 62
const width = 1000
const bottom = 62
/** The approximate width of a character of a label, in the units of the picture. */
const labelCharacterWidth = 8
const ticks = [0, 0.0025, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
const colors = { tuning: '#2563a8', heldOut: '#c2571a' } as const

/**
 * An SVG of how regret is distributed: for each policy a dot for each schedule, the tuning set above its line and the set
 * kept apart below, with a bar at the median and one at the 95th percentile. The scale is that of the square root,
 * since what matters lies under 5 % and what goes wrong goes to 100.
 */
export function plotRegrets(strips: readonly Strip[]): string {
  const height = top + strips.length * rowHeight + bottom
  // Labels end at the axis; a long one begins left of 0, so the picture begins there too.
  const longestCount = Math.max(...strips.map(({ label }) => label.length))
  const from = Math.min(0, left - 20 - longestCount * labelCharacterWidth)
  const whole = `x="${from}" y="0" width="${width - from}" height="${height}"`
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${from} 0 ${width - from} ${height}" font-family="sans-serif" font-size="14" fill="#111111">`,
    '<title>Regret by policy, as a dot for each schedule</title>',
    `<rect ${whole} fill="#ffffff"/>`,
    svgText(
      left,
      26,
      'Regret by policy: what was not earned, of what a clairvoyant would have',
      'font-size="17" font-weight="bold"',
    ),
    legend(),
    ...ticks.map(tick => axisTick(tick, height)),
    svgText(
      (left + width - right) / 2,
      height - 14,
      'regret (square root scale); a dot is a schedule, a tall bar the median, a short one the p95',
      'text-anchor="middle" fill="#444444"',
    ),
    ...strips.map(drawStrip),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

function drawStrip({ label, tuning, heldOut }: Strip, index: number): string {
  const y = top + index * rowHeight + rowHeight / 2
  return [
    `<line x1="${left}" y1="${y}" x2="${width - right}" y2="${y}" stroke="#999999"/>`,
    svgText(left - 12, y + 5, label, 'text-anchor="end"'),
    drawHalf(tuning, y, -1, colors.tuning),
    drawHalf(heldOut, y, 1, colors.heldOut),
  ].join('\n')
}

/** The dots of one set, above the line (-1) or below it (1), and their bars. */
function drawHalf(regrets: readonly number[], y: number, side: -1 | 1, color: string): string {
  const sorted = [...regrets].sort((one, other) => one - other)
  // Five tracks, so that dots at one place do not all hide each other.
  const dots = sorted.map(
    (regret, index) => `<circle cx="${x(regret)}" cy="${y + side * (6 + (index % 5) * 4)}" r="2.2"/>`,
  )
  const bar = (share: number, length: number) => {
    const at = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
    if (at === undefined) return ''
    return `<line x1="${x(at)}" y1="${y}" x2="${x(at)}" y2="${y + side * length}" stroke="${color}" stroke-width="2.5"/>`
  }
  return `<g fill="${color}" fill-opacity="0.45">${dots.join('')}</g>${bar(0.5, 28)}${bar(0.95, 17)}`
}

function axisTick(tick: number, height: number): string {
  const at = x(tick)
  return [
    `<line x1="${at}" y1="${top - 6}" x2="${at}" y2="${height - bottom}" stroke="#dddddd"/>`,
    svgText(at, height - bottom + 20, `${+(tick * 100).toFixed(2)} %`, 'text-anchor="middle" font-size="12"'),
  ].join('\n')
}

function legend(): string {
  const entry = (at: number, color: string, words: string) =>
    `<circle cx="${at}" cy="46" r="5" fill="${color}"/>${svgText(at + 11, 51, words)}`
  return entry(left + 5, colors.tuning, 'tuning set') + entry(left + 125, colors.heldOut, 'set kept apart')
}

function x(regret: number): number {
  const share = Math.sqrt(Math.min(1, Math.max(0, regret)))
  return Math.round((left + share * (width - left - right)) * 10) / 10
}
