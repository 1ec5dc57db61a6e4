import type { ComponentChildren } from 'preact'
import type { History } from '../data/history.ts'
import type { Status } from '../data/store.ts'
import { holdingWords } from '../parts/holding-words.ts'
import { moneyOf } from '../parts/money.ts'
import { count, lasting, money, percent, perSecond } from '../parts/units.ts'

/** The state of the cluster in numbers, the queue first. */
export function Figures({ status, history }: { readonly status: Status; readonly history: History }) {
  const [, inflow = [], settled = []] = history.since(0, ['acceptedPerSecond', 'settledPerSecond'])
  const latest = (values: readonly (number | null)[]) => {
    const value = values.at(-1)
    return value == null ? '–' : perSecond(value)
  }
  const waitingCount = status.rejectedCount - status.discardedCount
  const total = moneyOf(status.processors)
  return (
    <section class="figures" aria-label="How it stands">
      <Figure name="Queued" value={count(status.queuedCount)} unit="payments" isMain>
        {status.queuedCount === 0 ? 'nothing waits' : `oldest ${lasting(status.oldestQueuedAgeMs)}`}
        {status.holding && `: ${holdingWords(status.holding)}`}
      </Figure>
      <Figure name="In" value={latest(inflow)} unit="payments">
        {count(status.acceptedCount)} accepted in all
      </Figure>
      <Figure name="Settled" value={latest(settled)} unit="payments">
        {count(status.settledCount)} in all
      </Figure>
      <Figure name="In flight" value={count(status.inFlightCount)} unit="payments">
        {status.unknownCount === 0
          ? 'every outcome known'
          : `${count(status.unknownCount)} unknown, oldest ${lasting(status.oldestUnknownAgeMs)}`}
      </Figure>
      <Figure name="Earned, in the currency" value={money(total.earnedCents)} unit="">
        {money(total.feeCents)} in fees, {percent(total.feeCents / (total.settledCents || 1))}
      </Figure>
      <Figure name="Lost to dearer ones, in the currency" value={money(total.excessCents)} unit="">
        against all at {status.processors[0]?.name}
      </Figure>
      <Figure name="Need a person" value={count(status.attentionCount + waitingCount)} unit="payments">
        {count(waitingCount)} rejected, {count(status.discardedCount)} discarded
      </Figure>
    </section>
  )
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly unit: string
  readonly isMain?: boolean
  readonly children: ComponentChildren
}

export function Figure({ name, value, unit, isMain = false, children }: FigureProps) {
  return (
    <div class={isMain ? 'figure main' : 'figure'} data-figure={name}>
      <div class="figure-name">{name}</div>
      <div class="figure-value">
        {value} <small>{unit}</small>
      </div>
      <div class="quiet">{children}</div>
    </div>
  )
}
