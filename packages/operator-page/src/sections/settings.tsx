import { useState } from 'preact/hooks'
import { type ReadSettings, readSettings, type Setting, whenRead } from '../data/settings.ts'
import type { Ask } from '../parts/confirm.tsx'
import { Panel, Table } from '../parts/panel.tsx'
import { useAnswer } from '../parts/use-answer.ts'
import { SettingChanges } from './setting-changes.tsx'

/** Every setting with its value, those that are not as by default first; and who has changed them. */
export function SettingsTable({ lastSeq, ask }: { readonly lastSeq: number; readonly ask: Ask | undefined }) {
  const [isAll, setAll] = useState(false)
  const found = useAnswer<ReadSettings>('settings', lastSeq, readSettings)
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
      <Table label="Settings" heads={['Name', 'Value', 'From', 'What it is', ...(ask ? ['What to do'] : [])]}>
        {shown.map(setting => (
          <tr key={setting.name} data-setting={setting.name}>
            <td class="id">{setting.name}</td>
            <td class="id wraps">{setting.isSecret ? 'secret' : `${setting.value}`}</td>
            <td>{setting.from}</td>
            <td>
              {setting.help} <span class="quiet">Allowed: {setting.allowed}.</span>
            </td>
            {ask && <td>{setting.isChangeable && <Buttons {...{ setting, ask }} etag={found.etag} />}</td>}
          </tr>
        ))}
      </Table>
      <SettingChanges lastSeq={lastSeq} />
    </Panel>
  )
}

function Buttons({
  setting,
  etag,
  ask,
}: {
  readonly setting: Setting
  readonly etag: string
  readonly ask: Ask
}) {
  const { name, allowed, from } = setting
  const change = () =>
    ask({
      title: `Change ${name}?`,
      words: `It is in force before the next payment is sent. Allowed: ${allowed}.`,
      verb: 'Change',
      field: { label: `New value of ${name}`, value: `${setting.value}` },
      run: whenRead(name, etag),
    })
  const reset = () =>
    ask({
      title: `Take back the change of ${name}?`,
      words: 'It gets the value of the coordinator’s start.',
      verb: 'Take back',
      run: whenRead(name, etag, null),
    })
  return (
    <div class="actions">
      <button type="button" aria-label={`Change ${name}`} onClick={change}>
        Change
      </button>
      {from === 'operator' && (
        <button type="button" aria-label={`Take back ${name}`} onClick={reset}>
          Take back
        </button>
      )}
    </div>
  )
}
