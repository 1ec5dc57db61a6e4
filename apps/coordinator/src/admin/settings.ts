import type { settingOperations } from '@rinha/admin-api'
import type { FeePeriod } from '@rinha/engine'
import type { Answer, Handlers } from '@rinha/openapi'
import { printInstant } from '@rinha/payment'
import { printValue, type Setting } from '@rinha/settings'
import { changeableNames, type LiveSettings } from '../live-settings.ts'
import { type CoordinatorSettings, coordinatorSchema } from '../settings.ts'
import type { AuditLog, Change } from './audit-log.ts'
import type { AdminSources } from './handlers.ts'
import { inTurn } from './in-turn.ts'

type Operations = typeof settingOperations

/** Shows settings, and changes them. Each audit log entry holds every override after the change; a start restores the latest. */
export function settingHandlers({
  live,
  audit,
  coordinator,
  keepFees,
  putInForce,
}: Pick<AdminSources, 'live' | 'audit' | 'coordinator' | 'keepFees' | 'putInForce'>): Handlers<Operations> {
  const run = inTurn()
  /** New fees come first: an attempt that is sent while they are written is priced at the old or at the new fee, and keeps that price. */
  const record = async (change: Change, { PROCESSORS }: CoordinatorSettings) => {
    coordinator.tell({ kind: 'price', fees: PROCESSORS })
    try {
      await keepFees()
      await audit.record(change)
    } catch (error) {
      coordinator.tell({ kind: 'price', fees: live.now.PROCESSORS })
      throw error
    }
  }
  return {
    getSettings: () => shown(live, audit, coordinator.fees.all),
    changeSettings: ({ headers: { 'if-match': version }, body, who }) =>
      run<Answer<Operations['changeSettings']>>(async () => {
        const now = etagOf(audit)
        if (version === undefined)
          return {
            problem: 'precondition-required',
            detail: `If-Match is missing. The ETag of the settings is ${now}.`,
          }
        if (version !== '*' && !version.split(',').some(tag => tag.trim() === now))
          return {
            problem: 'precondition-failed',
            detail: `The settings have changed. Their ETag is ${now} now.`,
          }
        const judged = live.judge(body)
        if (!judged.ok) return { problem: 'bad-request', detail: judged.error }
        const { overrides: after, settings } = judged.value
        if (!coordinator.fees.canBegin(settings.PROCESSORS))
          return { problem: 'bad-request', detail: 'The fees have changed too often since the last purge.' }
        const before = live.overrides
        if (changeableNames.some(name => before[name] !== after[name])) {
          await record({ who, what: 'settings', before, after }, settings)
          live.put(after)
          putInForce(live.now)
        }
        return shown(live, audit, coordinator.fees.all)
      }),
  }
}

const etagOf = (audit: AuditLog) => `"${audit.latest('settings')?.seq ?? 0}"`

function shown({ now, overrides }: LiveSettings, audit: AuditLog, fees: readonly FeePeriod[]) {
  return {
    status: 200,
    headers: { etag: etagOf(audit) },
    body: {
      settings: Object.entries<Setting<unknown>>(coordinatorSchema).map(([name, setting]) => ({
        name,
        value: setting.secret ? null : shownValue(setting, now[name as keyof typeof now]),
        from: Object.hasOwn(overrides, name)
          ? ('operator' as const)
          : process.env[name] === undefined
            ? ('default' as const)
            : ('environment' as const),
        isChangeable: (changeableNames as readonly string[]).includes(name),
        isSecret: setting.secret,
        help: setting.help,
        allowed: setting.allowed,
      })),
      feesFrom: printInstant(fees.at(-1)?.fromMs ?? 0),
    },
  } as const
}

/** The value in the form in which a change takes it. */
function shownValue(setting: Setting<unknown>, value: unknown): string | number | boolean {
  return typeof value === 'number' || typeof value === 'boolean' ? value : printValue(setting, value)
}
