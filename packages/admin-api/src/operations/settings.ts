import {
  anything,
  boolean,
  integer,
  list,
  nothing,
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
      value: anything({ description: 'What is in force. Null where it is secret.' }),
      from: oneOf(['default', 'environment', 'operator']),
      isChangeable: boolean({ description: 'PATCH may change it.' }),
      isSecret: boolean(),
      help: text(),
      allowed: text(),
    }),
  ),
})

const headers = object({ etag: text({ description: 'The version of the settings.' }) })
const change = optional(
  union([text({ maxLength: 2000 }), integer(), nothing()], {
    description: 'As in the environment. Null: as at the start.',
  }),
)

export const settingOperations = operations({
  getSettings: {
    method: 'GET',
    path: '/settings',
    role: 'viewer',
    tag: 'settings',
    summary: 'Every setting, and where its value is from',
    description: 'GET /audit has every change of them.',
    answers: { 200: { description: 'What is in force.', headers, json: settings } },
    problems: [],
  },
  changeSettings: {
    method: 'PATCH',
    path: '/settings',
    role: 'operator',
    tag: 'settings',
    summary: 'Change settings while it runs',
    description:
      'All of them or none, effective before the next payment is sent. With a journal they hold for the next start, too. Of PROCESSORS, a whole list, only fees and thresholds may change, and not the order of the fees.',
    headers: object({
      'if-match': optional(text({ maxLength: 100, description: 'The ETag that the change was decided on.' })),
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
    answers: { 200: { description: 'What is in force now.', headers, json: settings } },
    problems: ['precondition-failed', 'precondition-required'],
  },
})
