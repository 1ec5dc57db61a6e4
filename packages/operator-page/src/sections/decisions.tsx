import type { Decision } from '../data/store.ts'
import { Panel } from '../parts/panel.tsx'
import { clock } from '../parts/units.ts'

const shownCountMax = 60

/** Why payments go where they go, in words. */
export function Decisions({ decisions }: { readonly decisions: readonly Decision[] }) {
  const shown = decisions.slice(-shownCountMax).reverse()
  return (
    <Panel title="Decisions" note="why payments went where they did, newest first">
      {shown.length === 0 && <p class="empty">None yet.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ol class="entries" aria-label="Decisions" tabIndex={0}>
        {shown.map(({ seq, at, kind, words }) => (
          <li key={`${at} ${seq}`}>
            <time dateTime={at}>{clock(Date.parse(at))}</time> <span class="quiet">{kind}</span> {words}
          </li>
        ))}
      </ol>
    </Panel>
  )
}
