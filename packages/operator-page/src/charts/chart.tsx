import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { clock } from '../parts/units.ts'
import type { Mark } from './marks.ts'
import { plotOptions } from './plot-options.ts'

export interface Line {
  readonly label: string
  /** A custom property of the style sheet. */
  readonly color: string
  readonly values: readonly (number | null)[]
  readonly isDashed?: boolean
  readonly isFilled?: boolean
}

export interface ChartProps {
  readonly title: string
  /** Seconds. */
  readonly times: readonly (number | null)[]
  readonly range: readonly [fromMs: number, toMs: number]
  readonly lines: readonly Line[]
  readonly marks: readonly Mark[]
  /** The value with its unit. */
  readonly format: (value: number) => string
}

/**
 * Lines over time, with their current values (or those under the pointer) as text above them, for people who cannot see
 * the lines.
 */
export function Chart({ title, times, range, lines, marks, format }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const shown = useRef({ marks })
  shown.current = { marks }
  const [index, setIndex] = useState<number | null>(null)
  // Another set of lines is another plot.
  const key = lines.map(({ label }) => label).join()
  useEffect(() => {
    const { current: element } = place
    if (element === null) return
    const options = plotOptions({ lines, format, marks: () => shown.current.marks, onCursor: setIndex })
    const made = new uPlot({ ...options, width: element.clientWidth, height: 150 }, [[]], element)
    plot.current = made
    const resizing = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 150 }))
    resizing.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const redraw = () => made.redraw(false, true)
    scheme.addEventListener('change', redraw)
    return () => {
      scheme.removeEventListener('change', redraw)
      resizing.disconnect()
      made.destroy()
    }
  }, [key])
  useEffect(() => {
    plot.current?.batch(() => {
      plot.current?.setData([times, ...lines.map(({ values }) => values)] as uPlot.AlignedData, false)
      plot.current?.setScale('x', { min: range[0] / 1000, max: range[1] / 1000 })
    })
  })
  const at = index === null ? undefined : times[index]
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="chart-when">{at == null ? '' : clock(at * 1000)}</span>
        {lines.map(line => (
          <span class="legend" key={line.label}>
            <i
              style={{ background: `var(${line.color})` }}
              class={line.isDashed ? 'swatch dashed' : 'swatch'}
            />
            {line.label} <b>{valueAt(line, index, format)}</b>
          </span>
        ))}
        <span class="for-readers">{highest(lines, times, format)}</span>
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
    </figure>
  )
}

function valueAt({ values }: Line, index: number | null, format: (value: number) => string): string {
  const value = index === null ? values.findLast(each => each !== null) : values[index]
  return value == null ? '–' : format(value)
}

function highest(
  lines: readonly Line[],
  times: readonly (number | null)[],
  format: (value: number) => string,
): string {
  return lines
    .map(({ label, values }) => {
      let best = -1
      for (const [index, value] of values.entries())
        if (value !== null && !(value <= (values[best] ?? -1))) best = index
      const value = values[best]
      return value == null ? '' : `${label}: highest ${format(value)} at ${clock((times[best] ?? 0) * 1000)}.`
    })
    .join(' ')
}
