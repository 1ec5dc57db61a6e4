import { isEnd } from '../charts/marks.ts'
import type { Change, Notice } from '../data/store.ts'
import { Panel } from '../parts/panel.tsx'
import { clock } from '../parts/units.ts'

const shownCountMax = 40

/** What has happened, newest first: the marks of the charts in words. */
export function TimeLine({
  notices,
  changes,
}: {
  readonly notices: readonly Notice[]
  readonly changes: readonly Change[]
}) {
  const entries = [
    ...notices.map(notice => ({
      at: notice.at,
      tone: isEnd(notice.event) ? 'good' : notice.level === 'info' ? '' : 'bad',
      words: noticeWords(notice),
    })),
    ...changes.map(({ at, who, what, which, after }) => ({
      at,
      tone: 'accent',
      words: `${who} changed ${what}${which === undefined ? '' : ` ${which}`}: ${JSON.stringify(after)}`,
    })),
  ]
    .sort((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, shownCountMax)
  return (
    <Panel title="What happened" note="newest first; the marks in the charts">
      {entries.length === 0 && <p class="empty">Nothing yet.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ol class="entries" aria-label="What happened" tabIndex={0}>
        {entries.map(({ at, tone, words }) => (
          <li key={`${at} ${words}`}>
            <time dateTime={at}>{clock(Date.parse(at))}</time> <i class={`dot ${tone}`} /> {words}
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** The entry's message, with its fields. */
function noticeWords({ message, event, suppressedCount }: Notice): string {
  const { processor, reason, correlationId, queuedCount } = event
  const about = [
    processor,
    queuedCount !== undefined && `${queuedCount} queued`,
    correlationId,
    reason,
    suppressedCount > 0 && `and ${suppressedCount} more like it`,
  ].filter(each => typeof each === 'string')
  return about.length === 0 ? message : `${message} (${about.join(', ')})`
}
