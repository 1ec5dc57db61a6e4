import { isIPv4 } from 'node:net'
import { policyNames } from '@rinha/routing'
import { logLevel } from '@rinha/service'
import { choice, flag, integer, type Settings, setting, text } from '@rinha/settings'
import { parseReadNetworks } from './admin/read-networks.ts'
import { adminTokens } from './admin-tokens.ts'
import { policySettings, policySettingsProblem } from './policy-settings.ts'
import { processorList } from './processors.ts'

/** Everything that can be set on the coordinator. */
export const coordinatorSchema = {
  LOG_LEVEL: logLevel,
  CHANNEL_HOST: text({
    fallback: '127.0.0.1',
    help: 'Address on which API nodes connect; in a container a name that resolves to its address in the network of the nodes.',
  }),
  CHANNEL_PORT: integer({
    fallback: 9400,
    min: 0,
    max: 65_535,
    help: 'Port on which API nodes connect. 0 picks a free one.',
  }),
  CHANNEL_SECRET: text({
    fallback: 'development-only-secret',
    secret: true,
    pattern: /^.{16,}$/,
    allowed: 'at least 16 characters',
    help: 'What API nodes must know to connect. Set your own: the default is for one machine only.',
  }),
  CHANNEL_INTERNAL: flag({
    fallback: false,
    help: 'Whether CHANNEL_HOST is in a network that nobody but this cluster reaches. Only there, or on a loopback address, may CHANNEL_SECRET be one that stands in the project.',
  }),
  ADMIN_HOST: text({
    fallback: '127.0.0.1',
    help: 'Address of the admin port. Tokens travel over it in the clear: keep it off public networks.',
  }),
  ADMIN_PORT: integer({
    fallback: 9090,
    min: 0,
    max: 65_535,
    help: 'Port of the operator’s page, and of the admin API behind it. 0 picks a free one.',
  }),
  HISTORY_SECONDS: integer({
    fallback: 3600,
    min: 0,
    max: 86_400,
    help: 'For how long a sample a second is kept in memory, for the charts of the page at the admin port: 76 bytes each with two processors. 0 for none.',
  }),
  TIMELINE_COUNT_MAX: integer({
    fallback: 100_000,
    min: 0,
    max: 10_000_000,
    help: 'How many of the latest attempts, look-ups and orders are kept in memory, for the time lines of payments at the admin port: 32 bytes each. 0 for none.',
  }),
  ADMIN_NAMES: text({
    fallback: '',
    pattern: /^([\w.-]+(,[\w.-]+)*)?$/,
    allowed: 'host names with commas between, or nothing',
    help: 'Names under which the admin port is reached, besides localhost, ADMIN_HOST and addresses. A request that comes under any other is refused.',
  }),
  ADMIN_TOKENS_FILE: text({
    fallback: '',
    pattern: /^.*$/,
    allowed: 'the path of a file, or nothing',
    help: 'Who may use the admin port: in each line a name, viewer or operator, and the SHA-256 of the token. Empty: nobody changes anything, and only loopback addresses read.',
  }),
  ADMIN_READ_NETWORKS: setting({
    fallback: [],
    shown: '',
    help: 'Where requests may read from without a token: loopback, own (the network of the address at which they come in), or networks such as 10.1.0.0/16. Empty: loopback where there is no ADMIN_TOKENS_FILE, and nowhere where there is one.',
    valueName: 'LIST',
    allowed: 'loopback, own or networks such as 10.1.0.0/16, with commas between',
    parse: parseReadNetworks,
  }),
  PROCESSORS: processorList(
    'default=http://localhost:8001@0.05@100,fallback=http://localhost:8002@0.15@50',
    'The payment processors: name, address, fee as a fraction, and up to how many milliseconds it counts as fast. A journal knows them by their names.',
  ),
  PROCESSOR_ADMIN_TOKENS: adminTokens(
    'Whose books are compared with ours: the X-Rinha-Token of each processor that tells its sums, and the address of its admin endpoint where that is another.',
  ),
  RECONCILE_EVERY_MS: integer({
    fallback: 0,
    min: 0,
    max: 86_400_000,
    help: 'How often our books are recounted and compared with those of the processors. 0: only when somebody asks.',
  }),
  RECONCILE_CALLS_PER_SECOND_MAX: integer({
    fallback: 200,
    min: 1,
    max: 10_000,
    help: 'Calls that a comparison makes at one processor at the most, sums and look-ups together, one after the other.',
  }),
  POLICY: choice({
    fallback: 'patient',
    words: policyNames,
    help: 'The rule that chooses a processor: patient waits for a cheaper one while that is worth it.',
  }),
  POLICY_SETTINGS: policySettings,
  AUDIT_GUARD_MS: integer({
    fallback: 1500,
    min: 0,
    max: 600_000,
    help: 'How old a window is when its books are compared: what would be recorded later is not sent. 0 for no guard.',
  }),
  HOLD_OUTAGE_MS_PER_PERCENT: integer({
    fallback: 15_000,
    min: 0,
    max: 3_600_000,
    help: 'patient: how long a payment waits for a cheaper processor that is down, for each percent it saves.',
  }),
  HOLD_SLOWNESS_MS_PER_PERCENT: integer({
    fallback: 15_000,
    min: 0,
    max: 3_600_000,
    help: 'patient: how long it waits for one that is slower than the guard allows, for each percent it saves.',
  }),
  GRACE_MS: integer({
    fallback: 1000,
    min: 0,
    max: 3_600_000,
    help: 'patient: how long the books stay open after the last payment. What waits must be sendable in that time.',
  }),
  OUTAGE_RISK_PERCENT: integer({
    fallback: 0,
    min: 0,
    max: 100,
    help: 'patient: in an outage, what share of all payments may wait on top of that, and be late if payments stop.',
  }),
  SLOW_RISK_PERCENT: integer({
    fallback: 4,
    min: 0,
    max: 100,
    help: 'patient: the same for a processor that is merely slow, and for what is under way at one.',
  }),
  MISMATCH_COST_PERCENT: integer({
    fallback: 35,
    min: 0,
    max: 100,
    help:
      'patient: what share of everything it costs, once, when an audit finds a difference. So many payments wait at most ' +
      'where every processor answers past AUDIT_GUARD_MS, after 45 s.',
  }),
  DRAIN_PER_SECOND_AT_END: integer({
    fallback: 5500,
    min: 500,
    max: 100_000,
    help: 'How fast what waits is sent once payments have stopped. More may wait where this is more: state what holds.',
  }),
  DRAIN_PER_SECOND_MAX: integer({
    fallback: 2500,
    min: 500,
    max: 100_000,
    help: 'How fast a backlog is drained at the most while payments still come, to leave CPU to accepting them.',
  }),
  DISPATCH_TICK_MS_MAX: integer({
    fallback: 8,
    min: 0,
    max: 100,
    help: 'Payments that come close together leave together: the longest pause between two times that some are sent. One that comes alone leaves at once. 0 for no pause.',
  }),
  QUEUE_WAIT_MS_MAX: integer({
    fallback: 0,
    min: 0,
    max: 3_600_000,
    help: 'How long a new payment may have to wait in the queue, by its length and the rate at which it drains. Past it API nodes answer 503 with that wait as Retry-After. 0 for however long.',
  }),
  JOURNAL_DIR: text({
    fallback: '',
    pattern: /^.*$/,
    allowed: 'the path of a directory, or nothing',
    help: 'Where every payment is written before it counts as journaled, for this process alone. Empty: nowhere.',
  }),
  JOURNAL_SEGMENT_BYTES_MAX: integer({
    fallback: 64 * 1024 * 1024,
    min: 65_536,
    max: 1024 * 1024 * 1024,
    help: 'When the journal goes on in another file. What was written since the last snapshot is kept under twice this.',
  }),
  PAYMENT_COUNT_MAX: integer({
    fallback: 1_000_000,
    min: 1,
    max: 9_000_000,
    help: 'Payments kept in memory, settled ones included, at about 60 bytes each. Past it API nodes answer 503.',
  }),
  PURGE_ALLOWED: flag({
    fallback: false,
    help: 'Whether API nodes may ask for a purge (POST /purge-payments), which forgets every payment and asks for no token.',
  }),
  PREDECESSOR_MS: integer({
    fallback: 60_000,
    min: 0,
    max: 86_400_000,
    help: 'Started without a journal, or with an empty one: how long each new id is looked up at every processor first, once a node was there before. 0 for never.',
  }),
  IN_FLIGHT_COUNT_INITIAL: integer({
    fallback: 6,
    min: 1,
    max: 10_000,
    help: 'Attempts under way at one processor at the start; the limit then finds its own size.',
  }),
  IN_FLIGHT_COUNT_MAX: integer({
    fallback: 700,
    min: 1,
    max: 10_000,
    help: 'Attempts under way at one processor at the most. The processors take 800 before they make callers wait.',
  }),
  ATTEMPT_TIMEOUT_MS: integer({
    fallback: 30_000,
    min: 100,
    max: 600_000,
    help: 'How long an attempt may take. Generous: what is given up may still be recorded, and has to be looked up.',
  }),
  CONNECT_TIMEOUT_MS: integer({
    fallback: 2000,
    min: 50,
    max: 60_000,
    help: 'How long connecting to a processor may take.',
  }),
  HEALTH_POLL_MS: integer({
    fallback: 5000,
    min: 100,
    max: 600_000,
    help: 'Pause between health calls to one processor. The processors allow one in 5 s and make others wait.',
  }),
  HEALTH_TIMEOUT_MS: integer({
    fallback: 15_000,
    min: 100,
    max: 600_000,
    help: 'How long a health call may take. A call in excess waits for the next 5 s window, so keep it above 10 s.',
  }),
  FAILURES_TO_OPEN: integer({
    fallback: 3,
    min: 1,
    max: 1000,
    help: 'Failures in a row that open the circuit to a processor.',
  }),
  CANARY_MS_MIN: integer({
    fallback: 50,
    min: 1,
    max: 60_000,
    help: 'First pause before a payment probes a processor that is down.',
  }),
  CANARY_MS_MAX: integer({
    fallback: 1000,
    min: 1,
    max: 60_000,
    help: 'Longest pause between two such probes.',
  }),
  NODE_COUNT_MAX: integer({
    fallback: 16,
    min: 1,
    max: 1000,
    help: 'API nodes that may be connected at once.',
  }),
  WINDOW_COUNT_MAX: integer({
    fallback: 20_000,
    min: 1,
    max: 1_000_000,
    help: 'Payments an API node may have under way to the coordinator before one is acknowledged.',
  }),
  HEARTBEAT_MS: integer({
    fallback: 1000,
    min: 50,
    max: 60_000,
    help: 'Pause between heartbeats; three missed ones end a connection.',
  }),
  DRAIN_MS_MAX: integer({
    fallback: 3000,
    min: 0,
    max: 8000,
    help: 'On a stop, how long to go on settling what is queued. What is left then is lost, unless JOURNAL_DIR has it.',
  }),
}

export type CoordinatorSettings = Settings<typeof coordinatorSchema>

/** What is wrong with how settings relate, or `undefined`. Each line names the settings to change. */
export function settingsProblem(settings: CoordinatorSettings): string | undefined {
  if (isOpenToAll(settings)) {
    return (
      `CHANNEL_SECRET is one that everybody knows, and CHANNEL_HOST=${settings.CHANNEL_HOST} may be reached by others: whoever ` +
      'connects there could bring payments. Set CHANNEL_SECRET to a text of your own, here and on the API nodes; or listen on ' +
      'an address in a network that only this cluster reaches, and say so with CHANNEL_INTERNAL=true'
    )
  }
  if (settings.CANARY_MS_MAX < settings.CANARY_MS_MIN) return 'CANARY_MS_MAX must not be below CANARY_MS_MIN'
  if (settings.DRAIN_PER_SECOND_AT_END < settings.DRAIN_PER_SECOND_MAX) {
    return 'DRAIN_PER_SECOND_AT_END must not be below DRAIN_PER_SECOND_MAX'
  }
  if (settings.IN_FLIGHT_COUNT_MAX < settings.IN_FLIGHT_COUNT_INITIAL) {
    return 'IN_FLIGHT_COUNT_MAX must not be below IN_FLIGHT_COUNT_INITIAL'
  }
  const known = settings.PROCESSORS.map(({ name }) => name)
  const unknown = [...settings.PROCESSOR_ADMIN_TOKENS.keys()].find(name => !known.includes(name))
  if (unknown !== undefined)
    return `PROCESSOR_ADMIN_TOKENS names ${unknown}, which PROCESSORS does not: ${known.join(', ')}`
  return policySettingsProblem(settings.POLICY, settings.POLICY_SETTINGS)
}

/** The secrets that stand in this project, here and in docker-compose.yml. */
const knownSecrets = ['development-only-secret', 'not-secret-reachable-inside-only']

function isOpenToAll({ CHANNEL_SECRET, CHANNEL_HOST, CHANNEL_INTERNAL }: CoordinatorSettings): boolean {
  if (!knownSecrets.includes(CHANNEL_SECRET) || isLoopback(CHANNEL_HOST)) return false
  return !CHANNEL_INTERNAL || isEveryAddress(CHANNEL_HOST)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

/** Whether listening there is listening in every network. Besides `0.0.0.0` that can be written `0`, `::`, `::0` and so on. */
function isEveryAddress(host: string): boolean {
  return /^[0.:]*$|^0x0+$/i.test(host)
}
