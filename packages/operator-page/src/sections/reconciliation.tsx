import type { AnswerOf } from '@rinha/admin-api'
import { call } from '../data/api.ts'
import type { Status } from '../data/store.ts'
import type { Ask } from '../parts/confirm.tsx'
import { Panel, Table } from '../parts/panel.tsx'
import { clock, count, lasting, money, plural } from '../parts/units.ts'
import { useAnswer } from '../parts/use-answer.ts'

type Report = AnswerOf<'getReconciliation'>
type Books = Report['processors'][number]
type Difference = Books['differences'][number]

const tones: { readonly [state in Books['state']]: string } = {
  equal: 'good',
  different: 'bad',
  unavailable: 'warn',
  notCompared: '',
  notConfigured: '',
}
const words: { readonly [state in Books['state']]: string } = {
  equal: 'equal',
  different: 'different',
  unavailable: 'cannot be compared',
  notCompared: 'not compared yet',
  notConfigured: 'not configured',
}
const lookMs = 5000

/** Our books against themselves, and those of each processor. */
export function Reconciliation({
  shard,
  nowMs,
  ask,
}: {
  readonly shard: Status['shard']
  readonly nowMs: number
  readonly ask: Ask | undefined
}) {
  const report = useAnswer<Report>('reconciliation', Math.floor(nowMs / lookMs))
  if (report === undefined) return null
  const { conservation, processors, everyMs, callsPerSecondMax, isRunning } = report
  const run = () =>
    ask?.({
      title: 'Reconcile now?',
      words: `Each processor whose books are known is asked, with at most ${plural(callsPerSecondMax, 'call')} a second.`,
      verb: 'Reconcile',
      run: () => call('POST', 'reconciliation', {}),
    })
  return (
    <Panel
      title="Reconciliation"
      note={isRunning ? 'runs' : everyMs > 0 ? `every ${lasting(everyMs)}` : 'when asked for'}
      actions={
        ask && (
          <button type="button" onClick={run}>
            Reconcile now
          </button>
        )
      }
    >
      {conservation && (
        <p>
          <span class={`pill ${conservation.isEqual ? 'good' : 'bad'}`}>
            {conservation.isEqual ? 'conserved' : 'not conserved'}
          </span>{' '}
          {count(conservation.acceptedCount)} accepted = {count(conservation.queuedCount)} queued +{' '}
          {count(conservation.inFlightCount)} in flight + {count(conservation.settledCount)} settled +{' '}
          {count(conservation.rejectedCount)} rejected, counted at {clock(Date.parse(conservation.at))}
        </p>
      )}
      {shard && (
        <p class="quiet">
          {shard.index === 0
            ? 'The books are compared with the ledgers of all shards. The count above is of this shard alone.'
            : 'Shard 0 compares the ledgers of all shards with the books. Here the ledger of this shard is recounted.'}
        </p>
      )}
      <Table label="Books" heads={['Processor', 'Books', 'Ours', 'Theirs', 'Differences', 'Compared']}>
        {processors.map(books => (
          <tr key={books.processor}>
            <td>{books.processor}</td>
            <td>
              <span class={`pill ${tones[books.state]}`}>{words[books.state]}</span> {books.reason}
            </td>
            <td>{totalWords(books.ours)}</td>
            <td>{totalWords(books.theirs)}</td>
            <td>{count(books.differenceCount)}</td>
            <td>{books.comparedAt === null ? 'never' : clock(Date.parse(books.comparedAt))}</td>
          </tr>
        ))}
      </Table>
      <Differences processors={processors} />
    </Panel>
  )
}

function Differences({ processors }: Pick<Report, 'processors'>) {
  const all = processors.flatMap(({ processor, differences }) =>
    differences.map(difference => ({ processor, ...difference })),
  )
  if (all.length === 0) return null
  return (
    <Table label="Differences" heads={['Payment', 'Processor', 'Kind', 'Ours', 'Theirs']}>
      {all.map(({ processor, correlationId, kind, ours, theirs }, index) => (
        <tr key={`${processor} ${correlationId ?? index}`}>
          <td class="id">{correlationId ?? 'not known'}</td>
          <td>{processor}</td>
          <td>{kind}</td>
          <td>{oursWords(ours)}</td>
          <td>{theirs === null ? 'nothing' : `${totalWords(theirs)} at ${theirs.requestedAt}`}</td>
        </tr>
      ))}
    </Table>
  )
}

function oursWords(ours: Difference['ours']): string {
  if (ours === null) return 'nothing'
  const { state, processor, amountCents, requestedAt } = ours
  return [state, money(amountCents), processor && `at ${processor}`, requestedAt].filter(Boolean).join(', ')
}

function totalWords(total: Books['ours']): string {
  return total === null ? '–' : `${plural(total.count, 'payment')}, ${money(total.amountCents)}`
}
