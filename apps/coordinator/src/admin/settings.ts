import type { settingOperations } from '@rinha/admin-api'
import type { Answer, Handlers } from '@rinha/openapi'
import { changeableNames, type LiveSettings } from '../live-settings.ts'
import { coordinatorSchema } from '../settings.ts'
import type { AuditLog } from './audit-log.ts'
import type { AdminSources } from './handlers.ts'
import { inTurn } from './in-turn.ts'

type Operations = typeof settingOperations

/** Shows settings, and changes them. The audit log has all that were changed after each change: a start restores that. */
export function settingHandlers({
  live,
  audit,
  putInForce,
}: Pick<AdminSources, 'live' | 'audit' | 'putInForce'>): Handlers<Operations> {
  const run = inTurn()
  return {
    getSettings: () => shown(live, audit),
    changeSettings: ({ headers: { 'if-match': version }, body, who }) =>
      run<Answer<Operations['changeSettings']>>(async () => {
        const now = etagOf(audit)
        if (version === undefined)
          return { problem: 'precondition-required', detail: `If-Match has to be there; the ETag is ${now}.` }
        if (version !== '*' && !version.split(',').some(tag => tag.trim() === now))
          return { problem: 'precondition-failed', detail: `The ETag is ${now}.` }
        const judged = live.judge(body)
        if (!judged.ok) return { problem: 'bad-request', detail: judged.error }
        const [before, after] = [live.overrides, judged.value]
        if (changeableNames.some(name => before[name] !== after[name])) {
          await audit.record({ who, what: 'settings', before, after })
          live.put(after)
          putInForce(live.now)
        }
        return shown(live, audit)
      }),
  }
}

const etagOf = (audit: AuditLog) => `"${audit.latest('settings')?.seq ?? 0}"`

function shown({ now, overrides }: LiveSettings, audit: AuditLog) {
  return {
    status: 200,
    headers: { etag: etagOf(audit) },
    body: {
      settings: Object.entries(coordinatorSchema).map(([name, { secret, help, allowed }]) => ({
        name,
        value: secret ? null : now[name as keyof typeof now],
        from: Object.hasOwn(overrides, name)
          ? ('operator' as const)
          : process.env[name] === undefined
            ? ('default' as const)
            : ('environment' as const),
        isChangeable: (changeableNames as readonly string[]).includes(name),
        isSecret: secret,
        help,
        allowed,
      })),
    },
  } as const
}
