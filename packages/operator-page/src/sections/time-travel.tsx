import type { AnswerOf } from '@rinha/admin-api'
import { useState } from 'preact/hooks'
import { Chart, type Line } from '../charts/chart.tsx'
import { call } from '../data/api.ts'
import { ReplayView } from '../data/replay-view.ts'
import { Panel } from '../parts/panel.tsx'
import { clock, count, lasting, money, percent, perSecond, plural } from '../parts/units.ts'
import { Figure } from './figures.tsx'

/** The run second by second, from the journal: nothing here is live, and nothing here changes anything. */
export function TimeTravel() {
  const [view, setView] = useState<ReplayView>()
  const [isReading, setReading] = useState(false)
  const [problem, setProblem] = useState('')
  const read = async () => {
    setReading(true)
    setProblem('')
    try {
      setView(new ReplayView(await call<AnswerOf<'getReplay'>>('GET', 'replay')))
    } catch (error) {
      setProblem((error as Error).message)
    }
    setReading(false)
  }
  return (
    <Panel
      title="Time travel"
      note="the run at any second, replayed from the journal"
      actions={
        <button type="button" disabled={isReading} onClick={read}>
          {view === undefined ? 'Replay the run' : 'Replay again'}
        </button>
      }
    >
      <div role="status">
        {isReading && <p class="quiet">The journal is read, away from the engine …</p>}
        {problem !== '' && <p class="bad-text">{problem}</p>}
        {view?.secondCount === 0 && <p class="empty">The journal has nothing yet.</p>}
      </div>
      {view !== undefined && view.secondCount > 0 && <Travel key={view.readMs} view={view} />}
    </Panel>
  )
}

function Travel({ view }: { readonly view: ReplayView }) {
  const [second, setSecond] = useState(view.secondCount - 1)
  const atMs = view.firstMs + second * 1000
  const at = view.at(atMs)
  const range = [view.firstMs, Math.max(view.lastMs, view.firstMs + 1000)] as const
  const chart = (title: string, format: (value: number) => string, lines: readonly Line[]) => (
    <Chart {...{ title, format, range, lines }} times={view.times} marks={[{ atMs, color: '--bad' }]} />
  )
  return (
    <>
      <p>
        <span class="pill warn" data-replay>
          replay, not live
        </span>{' '}
        {new Date(atMs).toLocaleDateString()} {clock(atMs)}
        {!view.isWhole && (
          <span class="quiet">, what was before {clock(view.firstMs)} is not in the journal any more</span>
        )}
      </p>
      <input
        type="range"
        class="slider"
        aria-label="Second of the run"
        aria-valuetext={clock(atMs)}
        min={0}
        max={view.secondCount - 1}
        value={second}
        onInput={event => setSecond(Number(event.currentTarget.value))}
      />
      <section class="figures" aria-label="How it stood">
        <Figure name="Queued then" value={count(at.queuedCount)} unit="payments" isMain>
          {at.queuedCount === 0 ? 'nothing waited' : `oldest ${lasting(at.oldestQueuedAgeMs)}`}
        </Figure>
        <Figure name="In then" value={perSecond(at.acceptedPerSecond)} unit="payments">
          {count(at.acceptedCount)} accepted in all
        </Figure>
        <Figure name="Settled then" value={perSecond(at.settledPerSecond)} unit="payments">
          {count(at.settledCount)} in all
        </Figure>
        <Figure name="In flight then" value={count(at.inFlightCount)} unit="payments">
          {plural(at.rejectedCount, 'payment')} rejected
        </Figure>
        {at.processors.map(({ name, settledCount, settledAmountCents }) => (
          <Figure key={name} name={`${name} then`} value={count(settledCount)} unit="settled">
            {money(settledAmountCents)}, {percent(settledCount / (at.settledCount || 1))} of settled
          </Figure>
        ))}
      </section>
      <div class="charts">
        {chart('Queue depth then', count, [
          { label: 'queued payments', color: '--accent', values: view.column('queuedCount'), isFilled: true },
        ])}
        {chart(
          'Settled then',
          count,
          view.processors.map((name, index) => ({
            label: name,
            color: `--processor-${index % 4}`,
            values: view.column(`${name} settledCount`),
          })),
        )}
      </div>
    </>
  )
}
