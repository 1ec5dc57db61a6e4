import { call } from '../data/api.ts'
import type { Status } from '../data/store.ts'
import type { Ask } from '../parts/confirm.tsx'
import { Panel, Table } from '../parts/panel.tsx'
import { count, lasting, plural } from '../parts/units.ts'

interface PeopleProps {
  readonly status: Status
  readonly ask: Ask
}

/** What only a person can end. */
export function People({ status, ask }: PeopleProps) {
  const { attentionCount, rejectedCount } = status
  return (
    <Panel title="Needs a person">
      {attentionCount + rejectedCount === 0 && <p class="empty">Nothing waits for a person.</p>}
      {attentionCount > 0 && <Attention status={status} ask={ask} />}
      {rejectedCount > 0 && <Rejected status={status} ask={ask} />}
    </Panel>
  )
}

function Attention({ status: { attention, attentionCount }, ask }: PeopleProps) {
  const resolve = (id: string, outcome: 'recorded' | 'notRecorded', processor: string) =>
    ask({
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
      <Table label="Attention" heads={['Payment', 'For', 'Processor', 'Why', 'What is so']}>
        {attention.map(({ correlationId, ageMs, processor, reason }) => (
          <tr key={correlationId}>
            <td class="id">{correlationId}</td>
            <td>{lasting(ageMs)}</td>
            <td>{processor}</td>
            <td>{reason}</td>
            <td class="actions">
              <button type="button" onClick={() => resolve(correlationId, 'recorded', processor)}>
                It has it
              </button>
              <button type="button" onClick={() => resolve(correlationId, 'notRecorded', processor)}>
                It does not
              </button>
            </td>
          </tr>
        ))}
      </Table>
    </>
  )
}

function Rejected({ status: { rejected, rejectedCount }, ask }: PeopleProps) {
  const resubmit = (id: string) =>
    ask({
      title: 'Resubmit this payment?',
      words: `${id} goes back to the queue and is sent to a processor again.`,
      verb: 'Resubmit',
      run: () => call('POST', `payments/${id}/resubmit`),
    })
  return (
    <>
      <h3>
        {plural(rejectedCount, 'payment')} rejected
        {rejectedCount > rejected.length && `, the first ${count(rejected.length)}`}
      </h3>
      <Table label="Rejected" heads={['Payment', 'Reason', 'What to do']}>
        {rejected.map(({ correlationId, reason }) => (
          <tr key={correlationId}>
            <td class="id">{correlationId}</td>
            <td>{reason}</td>
            <td class="actions">
              <button type="button" onClick={() => resubmit(correlationId)}>
                Resubmit
              </button>
            </td>
          </tr>
        ))}
      </Table>
    </>
  )
}
