import { useState } from 'preact/hooks'
import { Chart, type Line } from '../charts/chart.tsx'
import { marksOf } from '../charts/marks.ts'
import type { Status, Store } from '../data/store.ts'
import { Panel } from '../parts/panel.tsx'
import { count, lasting, perSecond } from '../parts/units.ts'

const spans = { '5 min': 5, '15 min': 15, '1 hour': 60 } as const

interface ChartsProps {
  readonly store: Store
  readonly status: Status
  readonly nowMs: number
}

export function Charts({ store, status, nowMs }: ChartsProps) {
  const [span, setSpan] = useState<keyof typeof spans>('5 min')
  // Shows the part that exists: a cluster that has just started has no full hour.
  const firstMs = Math.min(store.history.firstMs, nowMs - 60_000)
  const range = [Math.max(firstMs, nowMs - spans[span] * 60_000), nowMs] as const
  const marks = marksOf(store.notices, store.changes)
  const chart = (
    title: string,
    format: (value: number) => string,
    lines: readonly (Omit<Line, 'values'> & { readonly column: string })[],
  ) => {
    const [times = [], ...values] = store.history.since(
      range[0],
      lines.map(({ column }) => column),
    )
    const drawn = lines.map((line, index) => ({ ...line, values: values[index] ?? [] }))
    return <Chart {...{ title, range, times, marks, format }} lines={drawn} />
  }
  const each = <T,>(line: (name: string, color: string) => T | readonly T[]) =>
    status.processors.flatMap(({ name }, index) => line(name, `--processor-${index % 4}`))
  return (
    <Panel
      title="Over time"
      actions={
        <select
          aria-label="Time span"
          value={span}
          onChange={event => setSpan(event.currentTarget.value as keyof typeof spans)}
        >
          {Object.keys(spans).map(each => (
            <option key={each}>{each}</option>
          ))}
        </select>
      }
    >
      <div class="charts">
        {chart('Queue depth', value => count(value), [
          { label: 'queued payments', color: '--accent', column: 'queuedCount', isFilled: true },
        ])}
        {chart('Payments a second', perSecond, [
          { label: 'in', color: '--quiet', column: 'acceptedPerSecond' },
          ...each((name, color) => ({
            label: `settled at ${name}`,
            color,
            column: `${name} settledPerSecond`,
            isFilled: true,
          })),
        ])}
        {chart('Latency', lasting, [
          ...each((name, color) => [
            { label: `${name} half under`, color, column: `${name} predictedMs` },
            { label: '99 % under', color, column: `${name} tailMs`, isDashed: true },
          ]),
        ])}
        {chart('Attempts in flight', value => count(value), [
          ...each((name, color) => [
            { label: name, color, column: `${name} inFlightCount`, isFilled: true },
            { label: `limit`, color, column: `${name} limitCount`, isDashed: true },
          ]),
        ])}
        {chart('Age of the oldest queued', lasting, [
          { label: 'oldest', color: '--accent', column: 'oldestQueuedAgeMs', isFilled: true },
        ])}
      </div>
    </Panel>
  )
}
