import type { AnswerOf } from '@rinha/admin-api'
import { useState } from 'preact/hooks'
import { Pages } from '../parts/pages.tsx'
import { Panel, Table } from '../parts/panel.tsx'
import { useAnswer } from '../parts/use-answer.ts'

/** The list of changes, with who made them. */
export function Audit({ lastSeq }: { readonly lastSeq: number }) {
  const [cursors, setCursors] = useState<readonly string[]>([])
  const cursor = cursors.at(-1)
  const path = `audit?limit=20${cursor === undefined ? '' : `&cursor=${cursor}`}`
  const found = useAnswer<AnswerOf<'getAudit'>>(path, lastSeq)
  if (found === undefined) return null
  const { entries, nextCursor } = found
  return (
    <Panel title="Audit log" note="who changed what, newest first">
      {entries.length === 0 ? (
        <p class="empty">Nothing has been changed.</p>
      ) : (
        <Table label="Audit log" heads={['When', 'Who', 'What', 'Before', 'After']}>
          {entries.map(({ seq, at, who, what, which, before, after }) => (
            <tr key={seq}>
              <td>
                <time dateTime={at}>{at.slice(0, 19).replace('T', ' ')} UTC</time>
              </td>
              <td>{who}</td>
              <td>
                {what} {which !== undefined && <span class="id">{which}</span>}
              </td>
              <td class="id">{plain(before)}</td>
              <td class="id">{plain(after)}</td>
            </tr>
          ))}
        </Table>
      )}
      <Pages cursors={cursors} nextCursor={nextCursor} go={setCursors} words={['Newer', 'Older']} />
    </Panel>
  )
}

/** The change without the fields that only a machine reads. */
function plain(value: unknown): string {
  return (JSON.stringify(value) ?? '').replace(/["{}]/g, '').replaceAll(',', ', ').replaceAll(':', ': ')
}
