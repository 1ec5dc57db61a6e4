import { call } from '../data/api.ts'
import type { Status } from '../data/store.ts'
import type { Ask } from '../parts/confirm.tsx'
import { Panel, Table } from '../parts/panel.tsx'
import { lasting, plural } from '../parts/units.ts'
import { Rejected } from './rejected.tsx'

interface PeopleProps {
  readonly status: Status
  /** Shown to operators only. */
  readonly ask: Ask | undefined
}

/** The payments that need a person's decision. */
export function People({ status, ask }: PeopleProps) {
  const { attentionCount, rejectedCount, discardedCount } = status
  const waitingCount = rejectedCount - discardedCount
  return (
    <Panel title="Needs a person">
      {attentionCount + waitingCount === 0 && <p class="empty">Nothing waits for a person.</p>}
      {attentionCount > 0 && <Attention status={status} ask={ask} />}
      {waitingCount > 0 && <Rejected waitingCount={waitingCount} ask={ask} />}
    </Panel>
  )
}

function Attention({ status: { attention, attentionCount }, ask }: PeopleProps) {
  const resolve = (id: string, outcome: 'recorded' | 'notRecorded', processor: string) =>
    ask?.({
      title: outcome === 'recorded' ? `Does ${processor} have it?` : `Does ${processor} not have it?`,
      words:
        outcome === 'recorded'
          ? `${id} counts as settled at ${processor}. Say so only after you have seen it in its books.`
          : `${id} may be sent again, elsewhere too. If ${processor} has it after all, it is charged twice.`,
      verb: outcome === 'recorded' ? 'It has it' : 'It does not have it',
      run: () => call('POST', `payments/${id}/resolve`, { outcome }),
    })
  return (
    <>
      <h3>{plural(attentionCount, 'payment')} of unknown outcome</h3>
      <Table label="Attention" heads={['Payment', 'For', 'Processor', 'Why', ...(ask ? ['What is so'] : [])]}>
        {attention.map(({ correlationId, ageMs, processor, reason }) => (
          <tr key={correlationId}>
            <td class="id">{correlationId}</td>
            <td>{lasting(ageMs)}</td>
            <td>{processor}</td>
            <td>{reason}</td>
            {ask && (
              <td class="actions">
                <button type="button" onClick={() => resolve(correlationId, 'recorded', processor)}>
                  It has it
                </button>
                <button type="button" onClick={() => resolve(correlationId, 'notRecorded', processor)}>
                  It does not
                </button>
              </td>
            )}
          </tr>
        ))}
      </Table>
    </>
  )
}
