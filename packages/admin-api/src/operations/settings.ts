import {
  boolean,
  integer,
  list,
  nothing,
  number,
  object,
  oneOf,
  operations,
  optional,
  text,
  union,
} from '@rinha/openapi'

const settings = object({
  settings: list(
    object({
      name: text(),
      value: union([text(), number(), boolean(), nothing()], {
        description: 'The value in force, as PATCH takes it. Null for a secret.',
      }),
      from: oneOf(['default', 'environment', 'operator']),
      isChangeable: boolean({ description: 'PATCH may change it.' }),
      isSecret: boolean(),
      help: text(),
      allowed: text(),
    }),
  ),
  feesFrom: text({
    format: 'date-time',
    description:
      'Attempts that are sent from this instant on are priced at the fees in PROCESSORS. It is the next whole second after a change.',
  }),
})

const headers = object({ etag: text({ description: 'The version of the settings.' }) })
const change = optional(
  union([text({ maxLength: 2000 }), integer(), nothing()], {
    description: 'The new value, written as in the environment. Null: the value of the start.',
  }),
)

export const settingOperations = operations({
  getSettings: {
    method: 'GET',
    path: '/settings',
    role: 'viewer',
    tag: 'settings',
    summary: 'Every setting, with the source of its value',
    description: 'GET /audit lists every change of a setting.',
    answers: { 200: { description: 'The settings in force.', headers, json: settings } },
    problems: [],
  },
  changeSettings: {
    method: 'PATCH',
    path: '/settings',
    role: 'operator',
    tag: 'settings',
    summary: 'Change settings while the coordinator runs',
    description:
      'Either all changes are made or none. They are in force before the next payment is sent, but new fees price attempts from the next whole second on (feesFrom). With a journal they are also in force after the next start. A POLICY that is changed without POLICY_SETTINGS begins with its own defaults (the numbers of the policy before do not apply to it), or, if it is the policy of the start, with the list of the start. PROCESSORS is given as a whole list; only its fees and thresholds may change, and the order of the fees must stay the same.',
    headers: object({
      'if-match': optional(
        text({ maxLength: 100, description: 'The ETag of the settings that the change is based on.' }),
      ),
    }),
    body: object({
      POLICY: change,
      POLICY_SETTINGS: change,
      PROCESSORS: change,
      AUDIT_GUARD_MS: change,
      HOLD_OUTAGE_MS_PER_PERCENT: change,
      HOLD_SLOWNESS_MS_PER_PERCENT: change,
      GRACE_MS: change,
      OUTAGE_RISK_PERCENT: change,
      SLOW_RISK_PERCENT: change,
      MISMATCH_COST_PERCENT: change,
      DRAIN_PER_SECOND_AT_END: change,
      DRAIN_PER_SECOND_MAX: change,
      DISPATCH_TICK_MS_MAX: change,
      QUEUE_WAIT_MS_MAX: change,
      IN_FLIGHT_COUNT_MAX: change,
      HEALTH_POLL_MS: change,
      FAILURES_TO_OPEN: change,
      CANARY_MS_MIN: change,
      CANARY_MS_MAX: change,
      LOG_LEVEL: change,
    }),
    answers: { 200: { description: 'The settings in force now.', headers, json: settings } },
    problems: ['precondition-failed', 'precondition-required'],
  },
})
