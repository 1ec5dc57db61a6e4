import type { Lane, Status } from '../data/store.ts'
import type { Ask } from '../parts/confirm.tsx'
import { laneState } from '../parts/lane-state.ts'
import { moneyOf } from '../parts/money.ts'
import { Panel } from '../parts/panel.tsx'
import { count, lasting, money, percent } from '../parts/units.ts'
import { Sending } from './sending.tsx'

/** A card for each processor, the cheapest first. */
export function Processors({ status, ask }: { readonly status: Status; readonly ask: Ask | undefined }) {
  return (
    <Panel
      title="Processors"
      note="the cheapest first"
      actions={ask && <Sending lanes={status.processors} ask={ask} />}
    >
      <div class="lanes">
        {status.processors.map((lane, index) => (
          <LaneCard key={lane.name} lane={lane} index={index} status={status} ask={ask} />
        ))}
      </div>
    </Panel>
  )
}

interface LaneCardProps {
  readonly lane: Lane
  readonly index: number
  readonly status: Status
  readonly ask: Ask | undefined
}

function LaneCard({ lane, index, status, ask }: LaneCardProps) {
  const { word, tone, why } = laneState(lane)
  const its = moneyOf([lane])
  const rows: readonly (readonly [string, string])[] = [
    ['Latency', `half under ${lasting(lane.predictedMs)}, 99 % under ${lasting(lane.tailMs)}`],
    ['In flight', `${count(lane.inFlightCount)} of at most ${count(lane.limitCount)}`],
    [
      'Share',
      `${status.settledCount === 0 ? '–' : percent(lane.settledCount / status.settledCount)} of settled, ${count(lane.settledCount)} payments`,
    ],
    ['Earned', `${money(its.earnedCents)} of ${money(its.settledCents)}`],
    ['Fees', `${money(its.feeCents)}, ${percent(lane.feeBps / 10_000)} of each amount now`],
    [
      'Cost',
      index === 0 && its.excessCents === 0
        ? 'none: it is the cheapest'
        : `${money(its.excessCents)} more than the cheapest`,
    ],
    ['Circuit', `${lane.circuit}, has opened ${count(lane.openedCount)} times`],
    [
      'Its health says',
      lane.reportedFailing === null
        ? 'nothing yet'
        : `${lane.reportedFailing ? 'failing' : 'working'}, at least ${lasting(lane.reportedMinResponseMs ?? 0)}; ${lasting(lane.polledAgeMs ?? 0)} ago`,
    ],
  ]
  return (
    <article class="lane" aria-label={lane.name} data-lane={lane.name}>
      <div class="lane-head">
        <h3>
          <i class="swatch" style={{ background: `var(--processor-${index % 4})` }} />
          {lane.name} <span class={`pill ${tone}`}>{word}</span>
        </h3>
        {ask && <Sending lanes={[lane]} ask={ask} />}
      </div>
      <p class="quiet why">{why}</p>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </article>
  )
}
