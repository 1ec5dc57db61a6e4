import type { AnswerOf } from '@rinha/admin-api'
import { useState } from 'preact/hooks'
import { call } from '../data/api.ts'
import type { Ask } from '../parts/confirm.tsx'
import { Pages } from '../parts/pages.tsx'
import { Table } from '../parts/panel.tsx'
import { clock, money, plural } from '../parts/units.ts'
import { useAnswer } from '../parts/use-answer.ts'

const verbs = {
  resubmit: {
    verb: 'Resubmit',
    words: 'They go back to the queue and are sent to a processor again.',
  },
  discard: {
    verb: 'Discard',
    words: 'They stay rejected and are no longer listed. They cannot be sent again.',
  },
} as const

interface RejectedProps {
  /** Rejected payments that are not discarded. */
  readonly waitingCount: number
  readonly ask: Ask | undefined
}

/** Rejected payments, of one reason or of all: sent again or given up, one or many. */
export function Rejected({ waitingCount, ask }: RejectedProps) {
  const [reason, setReason] = useState('')
  const [cursors, setCursors] = useState<readonly string[]>([])
  const query = new URLSearchParams({ limit: '20' })
  if (reason !== '') query.set('reason', reason)
  const cursor = cursors.at(-1)
  if (cursor !== undefined) query.set('cursor', cursor)
  const found = useAnswer<AnswerOf<'listRejected'>>(`rejected?${query}`, waitingCount)
  if (found === undefined) return null
  const reasons = new Set(found.payments.map(payment => payment.reason ?? ''))
  const order = (what: keyof typeof verbs, which: object, named: string) =>
    ask?.({
      title: `${verbs[what].verb} ${named}?`,
      words: verbs[what].words,
      verb: verbs[what].verb,
      run: () => call('POST', `rejected/${what}`, which),
    })
  const [many, named] =
    reason === ''
      ? [{ all: true }, `all ${plural(waitingCount, 'payment')}`]
      : [{ reason }, `all of “${reason}”`]
  return (
    <>
      <div class="panel-head">
        <h3>{plural(waitingCount, 'payment')} rejected</h3>
        <label class="quiet grow">
          Reason{' '}
          <select
            value={reason}
            onChange={event => {
              setReason(event.currentTarget.value)
              setCursors([])
            }}
          >
            <option value="">any</option>
            {[...new Set([reason, ...reasons])]
              .filter(each => each !== '')
              .map(each => (
                <option key={each}>{each}</option>
              ))}
          </select>
        </label>
        {ask && <Both act={what => order(what, many, named)} suffix=" all" />}
      </div>
      <Table
        label="Rejected"
        heads={['Payment', 'Amount', 'Accepted', 'Reason', ...(ask ? ['What to do'] : [])]}
      >
        {found.payments.map(each => (
          <tr key={each.correlationId}>
            <td class="id">{each.correlationId}</td>
            <td>{money(each.amountCents)}</td>
            <td>{clock(Date.parse(each.acceptedAt))}</td>
            <td>{each.reason}</td>
            {ask && (
              <td class="actions">
                <Both act={what => order(what, { ids: [each.correlationId] }, 'this payment')} />
              </td>
            )}
          </tr>
        ))}
      </Table>
      <Pages cursors={cursors} nextCursor={found.nextCursor} go={setCursors} words={['Previous', 'Next']} />
    </>
  )
}

function Both({
  act,
  suffix = '',
}: {
  readonly act: (what: keyof typeof verbs) => void
  readonly suffix?: string
}) {
  return (
    <>
      {(['resubmit', 'discard'] as const).map(what => (
        <button type="button" key={what} onClick={() => act(what)}>
          {verbs[what].verb}
          {suffix}
        </button>
      ))}
    </>
  )
}
