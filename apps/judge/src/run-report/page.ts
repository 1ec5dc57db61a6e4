import { count, milliseconds, money, percent, seconds } from '@rinha/base'
import type { Measured } from '../score/closing.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import type { Score } from '../score/scoring.ts'
import { drawChart } from './chart.ts'
import type { Findings } from './findings.ts'
import { leftWords } from './left-words.ts'
import { escaped, table } from './markup.ts'
import type { Difference, Mismatch } from './mismatches.ts'
import { pageHead } from './page-head.ts'
import type { Recording } from './recorder.ts'
import { isSettledBy, type StageRow, stageRows } from './stages.ts'
import { style } from './style.ts'
import { behaviourWords, chartsOf, frameOf } from './timeline.ts'

export interface ReportedRun {
  readonly title: string
  readonly schedule: Schedule
  readonly measured: Measured
  readonly score: Score
  readonly recording: Recording
  readonly findings: Findings
}

/** The most payments that are named in one list. A list of more than {@link unfoldedCountMax} is folded. */
const namedCountMax = 100
const unfoldedCountMax = 10

/** One file that needs nothing else: no script, no request, its own style alone. */
export function reportPage(run: ReportedRun): string {
  const { title, schedule, measured, recording, findings } = run
  const stages = stageRows(schedule, recording, measured.counts.acceptedCount, findings.looked)
  const frame = frameOf(schedule, recording, stages)
  const at = new Date(recording.startedAtMs).toISOString()
  return `${pageHead({ title, css: style })}
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${schedule.vusMax} users over ${durationMs(schedule) / 1000} s, from <time datetime="${at}">${at.replace('T', ' ').slice(0, 19)}</time> UTC.</p>
${headline(run, stages)}
<h2>Over time</h2>
<p>Stages are shaded; what each processor was set to stands below.</p>
${chartsOf(recording, frame)
  .map(chart => drawChart(chart, frame))
  .join('\n')}
<h2>Regret by stage</h2>
${stageSection(stages, findings)}
<h2>The score and its parts</h2>
${scoreSection(run)}
<h2>What was left</h2>
${leftSection(run)}
<h2>Audits</h2>
${auditSection(run)}
<h2>How this was learned</h2>
${methodSection(run)}
</main>
</body>
</html>
`
}

function headline(
  { score, measured, recording, findings }: ReportedRun,
  stages: readonly StageRow[],
): string {
  const { inconsistencyCount } = measured.counts
  const tile = (label: string, figure: string, isBad = false) =>
    `<div${isBad ? ' class="bad"' : ''}><dt>${label}</dt><dd>${escaped(figure)}</dd></div>`
  return `<dl class="tiles">
${tile('score', score.disqualified ? 'disqualified' : money(score.score), score.disqualified)}
${tile('net', money(score.net))}
${tile('regret', isKnown(findings) ? percent(regretOf(stages).part) : '–')}
${tile('p99', milliseconds(score.p99Ms))}
${tile('lag', count(score.lagCount), score.lagCount !== 0)}
${tile('inconsistencies', count(inconsistencyCount), inconsistencyCount > 0)}
</dl>
<p class="lead">${escaped(leftWords(score.lagCount, recording.samples.at(-1)))}</p>
${isKnown(findings) ? `<p class="lead">${escaped(regretWords(stages))}</p>` : ''}`
}

/** Whether the backend says where single payments are. */
function isKnown({ looked }: Findings): boolean {
  return looked.some(({ view }) => view.state !== 'unknown' && view.state !== 'missing')
}

function regretOf(stages: readonly StageRow[]): { readonly notEarned: number; readonly part: number } {
  const sum = (of: (row: StageRow) => number) => stages.reduce((total, row) => total + of(row), 0)
  const [net, bound] = [sum(row => row.net), sum(row => row.bound)]
  return { notEarned: bound - net, part: bound === 0 ? 0 : 1 - net / bound }
}

function regretWords(stages: readonly StageRow[]): string {
  const { notEarned, part } = regretOf(stages)
  if (notEarned < 0.005) return 'Nothing was left of what somebody earns who knows the schedule.'
  const [most] = stages.toSorted((one, other) => other.bound - other.net - (one.bound - one.net))
  const where =
    most === undefined
      ? ''
      : `, ${money(most.bound - most.net)} of it of payments posted from ${most.fromMs / 1000} to ${most.toMs / 1000} s`
  return `${money(notEarned)} (${percent(part)}) of what somebody earns who knows the schedule was not earned${where}.`
}

function stageSection(stages: readonly StageRow[], findings: Findings): string {
  const played = stages.filter(({ arrivedCount }) => arrivedCount > 0)
  const sum = (of: (row: StageRow) => number) => played.reduce((total, row) => total + of(row), 0)
  const regret = (rows: readonly StageRow[]) => {
    const { notEarned, part } = regretOf(rows)
    return [money(notEarned), percent(part)]
  }
  const known = (value: number, show: (value: number) => string) => (Number.isNaN(value) ? '–' : show(value))
  const rows = played.map(row => [
    `${row.fromMs / 1000} to ${row.toMs / 1000} s`,
    ...row.behaviours.map(behaviourWords),
    count(row.arrivedCount),
    ...row.shares.map(share => (row.lookedCount === 0 ? '–' : percent(share))),
    known(row.waitP50Ms, value => seconds(value)),
    known(row.waitMsMax, value => seconds(value)),
    money(row.bound),
    ...(row.lookedCount === 0 ? ['–', '–'] : regret([row])),
  ])
  const total = [
    'all',
    '',
    '',
    count(sum(row => row.arrivedCount)),
    '',
    '',
    '',
    '',
    '',
    money(sum(row => row.bound)),
  ]
  return [
    `<p>The bound is what somebody earns who knows the schedule and may wait at no cost. Regret is what was not earned of it, by the stage in which a payment was posted. ${
      isKnown(findings)
        ? `From ${count(findings.looked.length)} payments that were looked up.`
        : 'The backend says nothing of single payments, so regret is not known.'
    }</p>`,
    table({
      caption: 'What became of the payments that were posted in each stage',
      head: [
        ...['<posted', '<default', '<fallback', 'payments', 'by default', 'by fallback', 'left'],
        ...['median wait', 'longest', 'bound', 'regret', 'of it'],
      ],
      rows: [...rows, [...total, ...(isKnown(findings) ? regret(played) : ['–', '–'])]],
    }),
  ].join('\n')
}

function scoreSection({ score, measured, schedule }: ReportedRun): string {
  const { counts, failures, books } = measured
  const failed = Object.entries(failures).map(([cause, each]) => `${cause}: ${count(each)}`)
  const both = counts.totals.default.count + counts.totals.fallback.count
  const share = (processor: 'default' | 'fallback') =>
    both === 0
      ? ''
      : `${percent(counts.totals[processor].count / both)}, fee ${schedule.feesBps[processor] / 100} %`
  const pair = (of: (typeof books)['backend']) => `${count(of.default.count)} + ${count(of.fallback.count)}`
  return `${table({
    caption: `By the books of the ${schedule.totals.source}`,
    head: ['<part', 'figure', '<remark'],
    rows: [
      ['accepted', count(counts.acceptedCount), ''],
      ['failed', count(counts.failedCount), failed.join(', ')],
      ['default', count(counts.totals.default.count), share('default')],
      ['fallback', count(counts.totals.fallback.count), share('fallback')],
      ['lag', count(score.lagCount), score.disqualified ? 'settled more than was posted here' : ''],
      ['gross', money(score.gross), ''],
      ['fees', money(-score.fees), ''],
      ['net', money(score.net), ''],
      ['bonus', money(score.bonus), `${score.bonusPercent} % for a p99 of ${milliseconds(score.p99Ms)}`],
      [
        'fine',
        money(-score.fine),
        `${score.finePercent} % for ${count(counts.inconsistencyCount)} inconsistencies`,
      ],
      ['score', money(score.score), score.disqualified ? 'worth nothing: disqualified' : ''],
    ],
  })}
<p>Books at the end (default + fallback): backend ${pair(books.backend)}, processors ${pair(books.processors)}.</p>
${measured.warnings.map(warning => `<p>Warning: ${escaped(warning)}.</p>`).join('\n')}`
}

function leftSection({ score, recording, findings }: ReportedRun): string {
  const left =
    score.lagCount > 0 ? findings.looked.filter(each => !isSettledBy(each, recording.endedAtMs)) : []
  const stood = left.map(({ id, view, atMs }) => ({
    id,
    words: `posted at ${((atMs - recording.startedAtMs) / 1000).toFixed(1)} s; now ${stateWords(view)}`,
  }))
  return [
    `<p>${escaped(leftWords(score.lagCount, recording.samples.at(-1)))}</p>`,
    listed('Payments that were not settled when the totals were read, of those looked up', stood),
    listed('Payments that both processors have', findings.twice),
  ].join('\n')
}

function stateWords(view: Findings['looked'][number]['view']): string {
  if (view.state === 'settled') return `settled at ${view.processor}, after the totals were read`
  return view.state === 'missing' ? 'unknown to the backend' : view.state
}

function auditSection({ measured, findings }: ReportedRun): string {
  const { audits } = measured
  const apart = audits.filter(({ inconsistencyCount }) => inconsistencyCount > 0)
  if (apart.length === 0) return `<p>The books agreed in all of ${audits.length} audits.</p>`
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 23)
  const pair = (of: { default: number; fallback: number }) => `${count(of.default)} + ${count(of.fallback)}`
  return [
    table({
      caption: `The books differed in ${apart.length} of ${audits.length} audits (default + fallback)`,
      head: ['<window, UTC', 'backend', 'processors', 'apart by', '<no answer from'],
      rows: apart.map(audit => [
        `${clock(audit.fromMs)} to ${clock(audit.toMs)}`,
        pair(audit.backend),
        pair(audit.processors),
        count(audit.inconsistencyCount),
        audit.missing.join(', '),
      ]),
    }),
    ...findings.mismatches.map(mismatch => mismatchSection(mismatch, clock)),
    ...(apart.length > findings.mismatches.length
      ? [`<p>Payments were looked up for the first ${findings.mismatches.length} of them.</p>`]
      : []),
  ].join('\n')
}

function mismatchSection(
  { audit, lookedCount, differences, lateIds }: Mismatch,
  clock: (ms: number) => string,
): string {
  const title = `Window ${clock(audit.fromMs)} to ${clock(audit.toMs)}`
  if (differences.length > 0) return listed(`${title}: payments that the sides disagree about`, differences)
  if (lateIds.length === 0)
    return `<p>${title}: ${count(lookedCount)} payments were looked up afterwards, and all sides agree about each.</p>`
  return `<p>${title}: all sides agree about each of ${count(lookedCount)} payments by now, so an answer came after the audit. Likeliest are the last of the window.</p>
${listed(`${title}: the last payments`, lateIds)}`
}

function listed(caption: string, all: readonly Difference[]): string {
  if (all.length === 0) return ''
  const named = all.slice(0, namedCountMax)
  const more = all.length > named.length ? ` (the first ${named.length} of ${count(all.length)})` : ''
  const rows = named.map(({ id, words }) => [id, words])
  const shown = table({ caption: caption + more, head: ['<payment', '<what is known'], rows })
  return `<details${all.length > unfoldedCountMax ? '' : ' open'}><summary>${escaped(caption)}: ${count(all.length)}</summary>\n${shown}</details>`
}

function methodSection({ recording, findings }: ReportedRun): string {
  const { samples, sampleProblem, latencies } = recording
  const asked =
    samples.length === 0
      ? `The coordinator's admin port did not tell how the queue stood (${sampleProblem ?? 'not asked'}): --admin says where it is.`
      : `The coordinator was asked for its queue once a second, ${count(samples.length)} times.`
  return `<p>${escaped(asked)} Latencies are those of ${count(latencies.length)} answers, as clients saw them. After the run ${count(findings.looked.length)} payments were looked up, which took ${seconds(findings.tookMs, 1)}.</p>`
}
