import { settingOperations } from '@rinha/admin-api'
import { err, ok, type Result } from '@rinha/base'
import type { Logger } from '@rinha/service'
import type { AuditLog } from './admin/audit-log.ts'
import { type CoordinatorSettings, coordinatorSchema, settingsProblem } from './settings.ts'

const changeable = settingOperations.changeSettings.body.properties
type ChangeableName = keyof typeof changeable
/** The settings that may be changed while the coordinator runs. All others keep the values of the start. */
export const changeableNames = Object.keys(changeable) as readonly ChangeableName[]

/** Changed settings, as texts like environment variables. A setting that is not listed has the value of the start. */
export type Overrides = { readonly [name in ChangeableName]?: string }
/**
 * The changes that an operator asks for. Null: back to the value of the start. A policy's numbers go with it: another POLICY
 * alone has its own defaults, or the start's list where it is the start's policy; and so has POLICY_SETTINGS null.
 */
export type SettingChanges = { readonly [name in ChangeableName]?: string | number | null | undefined }

/** The settings in force: those of the start, overridden by an operator's changes. */
export class LiveSettings {
  readonly #start: CoordinatorSettings
  #overrides: Overrides = {}
  #now: CoordinatorSettings

  constructor(start: CoordinatorSettings) {
    this.#start = start
    this.#now = start
  }

  get now(): CoordinatorSettings {
    return this.#now
  }

  get overrides(): Overrides {
    return this.#overrides
  }

  /** The overrides and settings that these changes would give, or the reason why they are not allowed. */
  judge(
    changes: SettingChanges,
  ): Result<{ readonly overrides: Overrides; readonly settings: CoordinatorSettings }, string> {
    const next: { [name in ChangeableName]?: string } = { ...this.#overrides }
    for (const name of changeableNames) {
      const value = changes[name]
      if (value === null) delete next[name]
      else if (value !== undefined) next[name] = `${value}`
    }
    const policy = next.POLICY ?? this.#start.POLICY
    const given = changes.POLICY_SETTINGS
    if (given === null || (given === undefined && policy !== this.#now.POLICY)) {
      delete next.POLICY_SETTINGS
      // The list of the start is for the policy of the start only.
      if (policy !== this.#start.POLICY && this.#start.POLICY_SETTINGS !== '') next.POLICY_SETTINGS = ''
    }
    const read = readOverrides(this.#start, next)
    return read.ok ? ok({ overrides: next, settings: read.value }) : read
  }

  /** Puts overrides in force: those that {@link judge} answered, or those that an earlier process kept. May refuse them. */
  put(overrides: Overrides): Result<CoordinatorSettings, string> {
    const read = readOverrides(this.#start, overrides)
    if (!read.ok) return read
    this.#overrides = overrides
    this.#now = read.value
    return read
  }
}

function readOverrides(
  start: CoordinatorSettings,
  overrides: Overrides,
): Result<CoordinatorSettings, string> {
  const values: Record<string, unknown> = {}
  for (const name of changeableNames) {
    const text = overrides[name]
    if (text === undefined) continue
    const { parse, allowed } = coordinatorSchema[name]
    const value = parse(text)
    if (value === undefined) return err(`${name} is not allowed to be ${JSON.stringify(text)}: ${allowed}`)
    values[name] = value
  }
  const settings = { ...start, ...values } as CoordinatorSettings
  const problem = settingsProblem(settings) ?? changeProblem(start, settings)
  return problem === undefined ? ok(settings) : err(problem)
}

/** The problem if the change needs a restart, or `undefined`. */
function changeProblem(start: CoordinatorSettings, settings: CoordinatorSettings): string | undefined {
  const wayOf = ({ PROCESSORS }: CoordinatorSettings) =>
    PROCESSORS.map(({ name, origin }) => `${name}=${origin}`).join(', ')
  if (wayOf(settings) !== wayOf(start))
    return `PROCESSORS: only fees and thresholds may change, and the order of the fees must stay as at the start: ${wayOf(start)}`
  if (settings.IN_FLIGHT_COUNT_MAX > start.IN_FLIGHT_COUNT_MAX)
    return `IN_FLIGHT_COUNT_MAX must not be above ${start.IN_FLIGHT_COUNT_MAX}, its value at the start: each processor has that many connections`
  if (settings.HEALTH_POLL_MS < start.HEALTH_POLL_MS)
    return `HEALTH_POLL_MS must not be below ${start.HEALTH_POLL_MS}, its value at the start: a processor may not answer more often`
  return undefined
}

/**
 * Applies an operator's changes from an earlier process. Changes that do not fit the settings of this start are logged and
 * ignored.
 */
export function liveSettings(settings: CoordinatorSettings, audit: AuditLog, log: Logger): LiveSettings {
  const live = new LiveSettings(settings)
  const overrides = audit.latest('settings')?.after as Overrides | undefined
  const read = overrides && live.put(overrides)
  if (read?.ok === true) log.info({ overrides }, 'settings are those that a person has set')
  if (read?.ok === false)
    log.error(
      { overrides, problem: read.error },
      'changes of an operator do not fit the settings of this start, and are ignored',
    )
  log.level = live.now.LOG_LEVEL
  return live
}
