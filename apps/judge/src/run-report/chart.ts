import { escaped } from './markup.ts'
import { style } from './style.ts'

/** A line over time, or an area from another one (the axis, unless `floor` says where) up to it. */
interface Series {
  readonly label: string
  /** Which of the page's colours it has. */
  readonly color: 'default' | 'fallback' | 'in' | 'queue' | 'median' | 'tail'
  readonly values: readonly number[]
  readonly floor?: readonly number[]
  readonly isArea?: boolean
}

export interface Chart {
  readonly title: string
  readonly unit: string
  readonly series: readonly Series[]
}

/** What all charts of a page share. A value is that of one bucket of time; NaN is none. */
export interface Frame {
  readonly bucketMs: number
  readonly bucketCount: number
  readonly bands: readonly Band[]
  /** The unit of the horizontal axis, of which `bucketMs` counts thousandths; seconds unless given. */
  readonly axisUnit?: string
}

/** A stage, with a lane for each processor. */
export interface Band {
  readonly fromMs: number
  readonly toMs: number
  readonly lanes: readonly { readonly words: string; readonly state: 'well' | 'slow' | 'failing' }[]
}

const width = 1000
const left = 62
const right = 8
const top = 8
const plotHeight = 150
const bottom = 22
const laneHeight = 15
const titleHeight = 34
const legendRowHeight = 18
/** The style of a picture in addition to the page's. */
const pictureStyle = '.paper{fill:var(--bg)}svg .title{font-size:16px;fill:var(--fg)}'
/** A lane's words are left out where they would not fit. */
const characterWidth = 6.2

/** The chart for a page that has {@link style}. */
export function drawChart(chart: Chart, frame: Frame): string {
  const { title, unit, series } = chart
  const { height, most, parts } = plot(chart, frame)
  return [
    `<figure><figcaption>${escaped(title)} <span class="unit">${escaped(unit)}</span> ${series.map(legendEntry).join(' ')}</figcaption>`,
    `<div class="scroll" tabindex="0" role="group" aria-label="${escaped(title)}"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`${title}: at most ${shown(most)} ${unit}`)}">`,
    ...parts,
    '</svg></div></figure>',
  ].join('\n')
}

/** The chart as a file of its own, with the style, the title and the legend inside. */
export function drawPicture(chart: Chart, frame: Frame): string {
  const { title, unit, series } = chart
  const { height, parts } = plot(chart, frame)
  const legend = series.map(({ label, color }, at) => {
    const y = height + 16 + at * legendRowHeight
    return `<rect class="${color} area" x="${left}" y="${y - 9}" width="10" height="10"/><text x="${left + 16}" y="${y}">${escaped(label)}</text>`
  })
  const whole = titleHeight + height + series.length * legendRowHeight + 10
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 ${-titleHeight} ${width} ${whole}" font-family="sans-serif">`,
    `<title>${escaped(title)}</title><style>${escaped(style + pictureStyle)}</style>`,
    `<rect class="paper" y="${-titleHeight}" width="${width}" height="${whole}"/>`,
    `<text class="title" x="${left}" y="-12">${escaped(`${title}, ${unit}`)}</text>`,
    ...parts,
    ...legend,
    '</svg>',
  ].join('\n')}\n`
}

/** The content of the SVG, and its height. */
function plot({ unit, series }: Chart, frame: Frame) {
  const { bands, axisUnit = 's' } = frame
  const laneCount = bands[0]?.lanes.length ?? 0
  const lanesTop = top + plotHeight + bottom
  const height = lanesTop + laneCount * laneHeight + 4
  const values = series.flatMap(each => each.values.filter(value => !Number.isNaN(value)))
  const most = Math.max(0, ...values)
  const steps = niceSteps(most)
  const max = steps.at(-1) ?? 1
  const x = (ms: number) => round(left + (ms / (frame.bucketMs * frame.bucketCount)) * (width - left - right))
  const y = (value: number) => round(top + plotHeight - (value / max) * plotHeight)
  const parts = [
    ...bands.map((band, at) => drawBand(band, at, { x, lanesTop })),
    ...steps.map(
      step =>
        `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(step)}" y2="${y(step)}"/><text x="${left - 6}" y="${y(step) + 4}" text-anchor="end">${shown(step)}</text>`,
    ),
    ...timeTicks(frame).map(
      ms =>
        `<text x="${x(ms)}" y="${top + plotHeight + 15}" text-anchor="${x(ms) > width - 20 ? 'end' : 'middle'}">${ms / 1000} ${axisUnit}</text>`,
    ),
    ...series.map(each => drawSeries(each, frame, x, y)),
    ...hovers(series, frame, x, unit),
  ]
  return { height, most, parts }
}

function legendEntry({ label, color }: Series): string {
  return `<span class="key"><svg class="dot" viewBox="0 0 10 10" aria-hidden="true"><rect class="${color} area" width="10" height="10"/></svg>${escaped(label)}</span>`
}

function drawBand(
  { fromMs, toMs, lanes }: Band,
  at: number,
  { x, lanesTop }: { x: (ms: number) => number; lanesTop: number },
): string {
  const [from, length] = [x(fromMs), round(x(toMs) - x(fromMs))]
  const shade =
    at % 2 === 1 ? `<rect class="band" x="${from}" y="${top}" width="${length}" height="${plotHeight}"/>` : ''
  const strips = lanes.map(({ words, state }, lane) => {
    const y = lanesTop + lane * laneHeight
    const text =
      words.length * characterWidth < length
        ? `<text class="lane" x="${from + 3}" y="${y + 11}">${escaped(words)}</text>`
        : ''
    return `<rect class="${state}" x="${from}" y="${y}" width="${Math.max(0, length - 1)}" height="${laneHeight - 1}"><title>${escaped(words)}</title></rect>${text}`
  })
  return shade + strips.join('')
}

/** Pieces between the gaps. */
function drawSeries(
  { values, floor, color, isArea = false }: Series,
  { bucketMs }: Frame,
  x: (ms: number) => number,
  y: (value: number) => number,
): string {
  const pieces: number[][] = []
  for (const [at, value] of values.entries()) {
    if (Number.isNaN(value)) continue
    if (at === 0 || Number.isNaN(values[at - 1] ?? Number.NaN)) pieces.push([])
    pieces.at(-1)?.push(at)
  }
  const middle = (at: number) => x((at + 0.5) * bucketMs)
  return pieces
    .map(piece => {
      const line = piece.map(at => `${middle(at)} ${y(values[at] ?? 0)}`).join('L')
      if (!isArea) return `<path class="${color}" d="M${line}"/>`
      const back = piece.toReversed().map(at => `${middle(at)} ${y(floor?.[at] || 0)}`)
      return `<path class="${color} area" d="M${line}L${back.join('L')}Z"/>`
    })
    .join('')
}

/** The text at a place, for a pointer that rests there. */
function hovers(
  series: readonly Series[],
  { bucketMs, bucketCount, axisUnit = 's' }: Frame,
  x: (ms: number) => number,
  unit: string,
): readonly string[] {
  return Array.from({ length: bucketCount }, (_, at) => {
    const words = series
      .filter(({ values }) => !Number.isNaN(values[at] ?? Number.NaN))
      .map(({ label, values, floor }) => `${label} ${shown((values[at] ?? 0) - (floor?.[at] || 0))}`)
    if (words.length === 0) return ''
    const from = x(at * bucketMs)
    return `<rect class="hover" x="${from}" y="${top}" width="${round(x((at + 1) * bucketMs) - from)}" height="${plotHeight}"><title>${escaped(`${(at * bucketMs) / 1000} ${axisUnit}: ${words.join(', ')} ${unit}`)}</title></rect>`
  })
}

/** About `stepCount` lines from 0, at whole steps of 1, 2 or 5 times a power of ten. */
function niceSteps(most: number, stepCount = 4): readonly number[] {
  if (most <= 0) return [0, 1]
  const rough = most / stepCount
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find(times => times * power >= rough) ?? 10) * power
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) => at * step)
}

function timeTicks({ bucketMs, bucketCount }: Frame): readonly number[] {
  const lengthMs = bucketMs * bucketCount
  return niceSteps(lengthMs / 1000, 10)
    .map(step => step * 1000)
    .filter(ms => ms <= lengthMs)
}

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : figures.format(value)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
