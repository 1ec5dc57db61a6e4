import type { AnswerOf } from '@rinha/admin-api'
import { Table } from '../parts/panel.tsx'
import { useAnswer } from '../parts/use-answer.ts'

type Overrides = { readonly [name: string]: string }

/** The changes of settings: who, which, from what to what; newest first. */
export function SettingChanges({ lastSeq }: { readonly lastSeq: number }) {
  const found = useAnswer<AnswerOf<'getAudit'>>('audit?what=settings&limit=20', lastSeq)
  if (found === undefined || found.entries.length === 0) return null
  return (
    <>
      <h3>Changes, newest first</h3>
      <Table label="Changes of settings" heads={['When', 'Who', 'Setting', 'Before', 'After']}>
        {found.entries.flatMap(({ seq, at, who, before, after }) =>
          changesOf(before as Overrides, after as Overrides).map(([name, was, is]) => (
            <tr key={`${seq} ${name}`}>
              <td>
                <time dateTime={at}>{at.slice(0, 19).replace('T', ' ')} UTC</time>
              </td>
              <td>{who}</td>
              <td class="id">{name}</td>
              <td class="id wraps">{was}</td>
              <td class="id wraps">{is}</td>
            </tr>
          )),
        )}
      </Table>
    </>
  )
}

function changesOf(before: Overrides, after: Overrides): readonly (readonly [string, string, string])[] {
  const shown = (value: string | undefined) => value ?? 'as at the start'
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter(name => before[name] !== after[name])
    .map(name => [name, shown(before[name]), shown(after[name])] as const)
}
