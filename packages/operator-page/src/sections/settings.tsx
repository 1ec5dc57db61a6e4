import type { AnswerOf } from '@rinha/admin-api'
import { useState } from 'preact/hooks'
import { Panel, Table } from '../parts/panel.tsx'
import { useAnswer } from '../parts/use-answer.ts'

/** Every setting with its value; those that are not as by default first asked for. */
export function SettingsTable({ lastSeq }: { readonly lastSeq: number }) {
  const [isAll, setAll] = useState(false)
  const found = useAnswer<AnswerOf<'getSettings'>>('settings', lastSeq)
  if (found === undefined) return null
  const shown = found.settings.filter(({ from }) => isAll || from !== 'default')
  return (
    <Panel
      title="Settings"
      note={isAll ? 'all' : 'those that were set'}
      actions={
        <button type="button" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
          Show all
        </button>
      }
    >
      <Table label="Settings" heads={['Name', 'Value', 'From', 'What it is']}>
        {shown.map(({ name, value, from, isSecret, help, allowed }) => (
          <tr key={name}>
            <td class="id">{name}</td>
            <td class="id wraps">{isSecret ? 'secret' : plain(value)}</td>
            <td>{from}</td>
            <td>
              {help} <span class="quiet">Allowed: {allowed}.</span>
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function plain(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`
}
