import type uPlot from 'uplot'
import { clock } from '../parts/units.ts'
import type { Line } from './chart.tsx'
import type { Mark } from './marks.ts'

interface PlotGiven {
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  readonly marks: () => readonly Mark[]
  readonly onCursor: (index: number | null) => void
}

/** The style sheet's present value of a color: it differs between light and dark. */
function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

const font = '11px system-ui, sans-serif'

export function plotOptions({
  lines,
  format,
  marks,
  onCursor,
}: PlotGiven): Omit<uPlot.Options, 'width' | 'height'> {
  const axis = {
    stroke: () => color('--quiet'),
    grid: { stroke: () => color('--line'), width: 1 },
    ticks: { show: false },
    font,
  }
  return {
    // Half a time label at the right.
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'page' }, points: { size: 6 }, drag: { x: false, y: false }, y: false },
    scales: { x: { time: true, auto: false }, y: { range: (_, __, max) => [0, Math.max(max, 1) * 1.08] } },
    axes: [
      {
        ...axis,
        size: 26,
        space: 80,
        values: (_, splits) => splits.map(at => clock(at * 1000).slice(0, at % 60 === 0 ? 5 : 8)),
      },
      { ...axis, size: 58, space: 28, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...lines.map(line => ({
        stroke: () => color(line.color),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
        ...(line.isDashed && { dash: [4, 3] }),
        ...(line.isFilled && { fill: () => `${color(line.color)}28` }),
      })),
    ],
    hooks: {
      draw: [tellDrawn],
      drawClear: [plot => drawMarks(plot, marks())],
      setCursor: [plot => onCursor(plot.cursor.idx ?? null)],
    },
  }
}

/** For tests: the last instant in seconds, and the values there. */
function tellDrawn({ root, data }: uPlot): void {
  root.dataset.drawn = data.map(values => values.at(-1) ?? '').join()
}

function drawMarks({ ctx, bbox, valToPos, scales }: uPlot, marks: readonly Mark[]): void {
  const { min = 0, max = 0 } = scales.x as { min?: number; max?: number }
  ctx.save()
  ctx.globalAlpha = 0.6
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
  for (const mark of marks) {
    if (mark.atMs / 1000 < min || mark.atMs / 1000 > max) continue
    const x = Math.round(valToPos(mark.atMs / 1000, 'x', true))
    ctx.strokeStyle = color(mark.color)
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}
