import { count, seconds } from '@rinha/base'
import { type ClusterReport, faultKinds, type Recorded } from '@rinha/simulator'
import { escaped, table } from '../run-report/markup.ts'
import { pageHead } from '../run-report/page-head.ts'
import { style } from '../run-report/style.ts'
import { type Actor, storyOf } from './story.ts'

/** The page's style in addition to the report's. */
const playerStyle = `
.controls{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:.6rem 0}
button,select,input{font:inherit;color:inherit;background:var(--band);border:1px solid var(--line);border-radius:6px;padding:4px 10px}
:focus-visible{outline:2px solid var(--default);outline-offset:1px}
input[type=range]{flex:1 1 240px;min-width:160px;padding:0}label{color:var(--soft)}
.stage{position:sticky;top:0;background:var(--bg);padding:4px 0}
.stage svg{width:100%;min-width:640px;display:block}.stage rect{fill:var(--band);stroke:var(--line)}.stage .now rect{stroke:var(--default);stroke-width:2}
.stage text{font-size:12px;fill:var(--fg)}.stage .line{fill:var(--soft);font-size:11px}
.stage .said{paint-order:stroke;stroke:var(--bg);stroke-width:4px}
.stage .arrow{stroke:var(--default);stroke-width:2}.stage .head{fill:var(--default)}.stage .bad.arrow{stroke:var(--bad)}.stage .bad.head{fill:var(--bad)}
.log{list-style:none;margin:0;padding:0;font-variant-numeric:tabular-nums;min-height:24em}
.log li{padding:1px 6px;overflow-wrap:anywhere}.log .here{background:var(--band);outline:1px solid var(--line)}.log .bad{color:var(--bad)}
.violated{border-left:4px solid var(--bad);padding:4px 12px}
`

/** The places of the boxes of each kind of actor, in the units of the picture. */
const stage = {
  width: 1000,
  rowHeight: 74,
  boxHeight: 50,
  columns: {
    clients: { x: 1, width: 90 },
    node: { x: 210, width: 100 },
    coordinator: { x: 430, width: 225 },
    processor: { x: 795, width: 204 },
    world: { x: 1, width: 90 },
  },
} as const

/**
 * One file that plays a run: it needs nothing else, and asks for nothing. `script` is the player's program, which finds
 * the run in the page as JSON.
 */
export function playerPage(
  report: ClusterReport,
  recorded: Recorded,
  command: string,
  script: string,
): string {
  const { plan, tally, violation } = report
  const story = storyOf(report, recorded)
  const css = style + playerStyle
  const faults = faultKinds.filter(kind => tally.faults[kind] > 0)
  const first = recorded.events[0]
  return `${pageHead({ title: `Seed ${plan.seed}, played`, css, script })}
<body>
<main>
<h1>Seed ${plan.seed}, played</h1>
<p>${seconds(tally.virtualMs, 1)} of virtual time, ${count(tally.payments)} payments, policy ${plan.policy}; ${plan.journal ? 'with a journal' : 'without a journal'}. Again: <code>${escaped(command)}</code></p>
${recorded.leftOutCount === 0 ? `<p>All ${count(story.happenings.length)} events are here.</p>` : `<p>The last ${count(story.happenings.length)} events are here; the ${count(recorded.leftOutCount)} before ${seconds(first?.atMs ?? 0, 1)} were left out.</p>`}
${violation === undefined ? '<p>No checker found anything wrong.</p>' : `<p class="violated"><strong>Violation after ${seconds(violation.atMs, 2)}</strong>, found by the checker "${escaped(violation.checker)}": ${escaped(violation.message)}</p>`}
<div class="controls" role="group" aria-label="player">
<button id="back" type="button">◀ step</button><button id="play" type="button">play</button><button id="step" type="button">step ▶</button>
<label>events a second <select id="speed"><option>2</option><option selected>10</option><option>50</option><option>250</option></select></label>
<label>payment <input id="payment" size="14" placeholder="number or id" spellcheck="false"></label>
${violation === undefined ? '' : '<button id="jump" type="button">to the violation</button>'}
</div>
<div class="controls"><label for="at">event</label><input id="at" type="range" min="0" value="0"><output id="clock" for="at" aria-live="off"></output></div>
<p>Keys: space plays and pauses, ← and → step, Home and End jump, v goes to the violation, / filters by payment.</p>
<div class="stage"><div class="scroll" tabindex="0" role="group" aria-label="the cluster"><svg id="stage" viewBox="0 0 ${stage.width} ${heightOf(story.actors)}" role="img" aria-label="who sends what to whom"></svg></div></div>
<h2>What happens</h2>
<ol id="log" class="log" aria-live="off"></ol>
<h2>What went wrong by plan</h2>
${table({ caption: 'Faults of the run', head: ['<fault', 'times'], rows: faults.map(kind => [kind, count(tally.faults[kind])]) })}
</main>
<script type="application/json" id="story">${JSON.stringify({ ...story, stage }).replaceAll('<', '\\u003c')}</script>
<script>${script}</script>
</body>
</html>
`
}

/** The world has a row of its own, below all others. */
function heightOf(actors: readonly Actor[]): number {
  const countOf = (kind: Actor['kind']) => actors.filter(actor => actor.kind === kind).length
  return (Math.max(countOf('node'), countOf('processor')) + 1) * stage.rowHeight
}
