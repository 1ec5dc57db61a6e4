import { isIPv4 } from 'node:net'
import { segmentBytesMaxDefault } from '@rinha/journal'
import { policyNames } from '@rinha/routing'
import { logLevel } from '@rinha/service'
import { choice, flag, integer, logSettings, type Settings, setting, text } from '@rinha/settings'
import { parseReadNetworks } from './admin/read-networks.ts'
import { adminTokens } from './admin-tokens.ts'
import { policySettings, policySettingsProblem } from './policy-settings.ts'
import { processorList } from './processors.ts'
import { shardSettings } from './shards/shard-settings.ts'

/** Everything that can be set on the coordinator. */
export const coordinatorSchema = {
  LOG_LEVEL: logLevel,
  ...shardSettings,
  CHANNEL_HOST: text({
    fallback: '127.0.0.1',
    help: 'The address that API nodes connect to. In a container: a name that resolves to its address in the network of the nodes.',
  }),
  CHANNEL_PORT: integer({
    fallback: 9400,
    min: 0,
    max: 65_535,
    help: 'The port that API nodes connect to. 0 picks a free one.',
  }),
  CHANNEL_SECRET: text({
    fallback: 'development-only-secret',
    secret: true,
    pattern: /^.{16,}$/,
    allowed: 'at least 16 characters',
    help: 'The secret that API nodes prove to know when they connect. Set your own: the default is safe on one machine only.',
  }),
  CHANNEL_INTERNAL: flag({
    fallback: false,
    help: 'true: only this cluster can reach the network of CHANNEL_HOST. The coordinator starts with a CHANNEL_SECRET that is published in the project only if this is true or CHANNEL_HOST is a loopback address.',
  }),
  ADMIN_HOST: text({
    fallback: '127.0.0.1',
    help: 'The address of the admin port. Tokens are sent to it unencrypted: keep it off public networks.',
  }),
  ADMIN_PORT: integer({
    fallback: 9090,
    min: 0,
    max: 65_535,
    help: 'The port of the operator’s page and of the admin API. 0 picks a free one.',
  }),
  HISTORY_SECONDS: integer({
    fallback: 3600,
    min: 0,
    max: 86_400,
    help: 'The charts of the operator’s page go back this far. One sample a second is kept in memory, 76 bytes each with two processors. 0: no samples.',
  }),
  TIMELINE_COUNT_MAX: integer({
    fallback: 100_000,
    min: 0,
    max: 10_000_000,
    help: 'How many of the latest attempts, look-ups and orders are kept in memory, 36 bytes each. The admin port shows them as the time line of a payment. 0: none.',
  }),
  ADMIN_NAMES: text({
    fallback: '',
    pattern: /^([\w.-]+(,[\w.-]+)*)?$/,
    allowed: 'host names with commas between, or nothing',
    help: 'Host names that requests to the admin port may use, besides localhost, ADMIN_HOST and IP addresses. A request with another name in its Host header is refused.',
  }),
  ADMIN_TOKENS_FILE: text({
    fallback: '',
    pattern: /^.*$/,
    allowed: 'the path of a file, or nothing',
    help: 'A file with the users of the admin port, one a line: a name, viewer or operator, and the SHA-256 of the token. Empty: no request may change anything, and only loopback addresses may read.',
  }),
  ADMIN_READ_NETWORKS: setting({
    fallback: [],
    help: 'Networks from which requests may read without a token: loopback, own (the network of the address that the request arrived at), or networks such as 10.1.0.0/16. Empty: loopback without an ADMIN_TOKENS_FILE, none with one.',
    valueName: 'LIST',
    allowed: 'loopback, own or networks such as 10.1.0.0/16, with commas between',
    parse: parseReadNetworks,
  }),
  PROCESSORS: processorList(
    'default=http://localhost:8001@0.05@100,fallback=http://localhost:8002@0.15@50',
    'The payment processors: name, address, fee as a fraction, and the latency in milliseconds up to which it counts as fast. A journal identifies a processor by its name.',
  ),
  PROCESSOR_ADMIN_TOKENS: adminTokens(
    'The processors whose books are compared with ours: the X-Rinha-Token of each, and the address of its admin endpoint if that differs from its own. Of several shards, shard 0 compares the ledgers of all.',
  ),
  RECONCILE_EVERY_MS: integer({
    fallback: 0,
    min: 0,
    max: 86_400_000,
    help: 'How often the ledger is recounted and compared with the books of the processors. 0: only on request (npm run reconcile, or the operator’s page).',
  }),
  RECONCILE_CALLS_PER_SECOND_MAX: integer({
    fallback: 200,
    min: 1,
    max: 10_000,
    help: 'The most calls a second that a comparison makes to one processor, summaries and look-ups together, for all shards. They are made one after the other.',
  }),
  POLICY: choice({
    fallback: 'patient',
    words: policyNames,
    help: 'The rule that chooses a processor for each payment. patient waits for a cheaper processor while that is worth it; the README says when to take which.',
  }),
  POLICY_SETTINGS: policySettings,
  AUDIT_GUARD_MS: integer({
    fallback: 1500,
    min: 0,
    max: 600_000,
    help: 'An auditor compares our totals of a time window with the processors’ when the window is this old. No payment is sent to a processor that would probably record it later than that, because the totals would differ. 0: no guard.',
  }),
  HOLD_OUTAGE_MS_PER_PERCENT: integer({
    fallback: 15_000,
    min: 0,
    max: 3_600_000,
    help: 'patient: how long a payment waits for a cheaper processor that is down, for each percent of fee that this saves. Example: fees of 5 % and 15 % with 15000 give 150 s.',
  }),
  HOLD_SLOWNESS_MS_PER_PERCENT: integer({
    fallback: 15_000,
    min: 0,
    max: 3_600_000,
    help: 'patient: how long a payment waits for a cheaper processor that is slower than AUDIT_GUARD_MS allows, for each percent of fee that this saves.',
  }),
  GRACE_MS: integer({
    fallback: 1000,
    min: 0,
    max: 3_600_000,
    help: 'patient: the time between the last payment of a run and the end of counting. No more payments wait than can still be sent in this time.',
  }),
  OUTAGE_RISK_PERCENT: integer({
    fallback: 0,
    min: 0,
    max: 100,
    help: 'patient: in an outage of the cheaper processor, this share of all payments may wait in addition to those of GRACE_MS. They are not counted if payments stop meanwhile.',
  }),
  SLOW_RISK_PERCENT: integer({
    fallback: 4,
    min: 0,
    max: 100,
    help: 'patient: the share of all payments that may wait for a cheaper processor that is slow but up, or be under way at a processor that answers later than GRACE_MS.',
  }),
  MISMATCH_COST_PERCENT: integer({
    fallback: 35,
    min: 0,
    max: 100,
    help:
      'patient: what an audit that finds a difference costs, as a share of all payments. While every processor is slower than ' +
      'AUDIT_GUARD_MS, payments wait for 45 s; after that no more than this share of them waits, and the rest is sent.',
  }),
  DRAIN_PER_SECOND_AT_END: integer({
    fallback: 5500,
    min: 500,
    max: 100_000,
    help: 'The most payments a second that are sent from the backlog after payments have stopped coming. patient lets more payments wait where this is higher, so set a rate that the machine reaches.',
  }),
  DRAIN_PER_SECOND_MAX: integer({
    fallback: 2500,
    min: 500,
    max: 100_000,
    help: 'The most payments a second that are sent from a backlog while payments still come. A lower rate leaves more CPU to accepting them.',
  }),
  DISPATCH_TICK_MS_MAX: integer({
    fallback: 8,
    min: 0,
    max: 100,
    help: 'The longest pause between two batches of payments that are sent to processors. Payments that arrive in the pause leave together at its end; a payment that arrives alone is sent at once. 0: no pause.',
  }),
  QUEUE_WAIT_MS_MAX: integer({
    fallback: 0,
    min: 0,
    max: 3_600_000,
    help: 'The longest wait in the queue that a new payment is accepted for, predicted from the queue’s length and the rate at which it drains. When it is longer, API nodes answer 503 with that wait as Retry-After. 0: no limit.',
  }),
  JOURNAL_DIR: text({
    fallback: '',
    pattern: /^.*$/,
    allowed: 'the path of a directory, or nothing',
    help: 'The directory of the journal, in which each payment is written before it counts as journaled. Only one coordinator may use it at a time. Empty: no journal.',
  }),
  JOURNAL_SEGMENT_BYTES_MAX: integer({
    fallback: segmentBytesMaxDefault,
    min: 65_536,
    max: 1024 * 1024 * 1024,
    help: 'The size at which the journal begins a new file. A snapshot is taken when this and the size of the last snapshot have been written since.',
  }),
  ...logSettings,
  CHANNEL_ADDRESS: text({
    fallback: '',
    pattern: /^([A-Za-z0-9._:[\]-]{1,249}:\d{1,5})?$/,
    allowed: 'host:port, or nothing',
    help: 'With LOG_SERVERS: where API nodes reach this coordinator, as in their COORDINATORS. Standbys tell it to nodes while this one leads. Empty: CHANNEL_HOST and CHANNEL_PORT.',
  }),
  PAYMENT_COUNT_MAX: integer({
    fallback: 1_000_000,
    min: 1,
    max: 9_000_000,
    help: 'The most payments kept in memory, about 60 bytes each. Where an eighth of it is left, payments that have ended leave before RETAIN_HOURS. When it is reached, API nodes answer 503.',
  }),
  RETAIN_HOURS: integer({
    fallback: 24,
    min: 0,
    max: 87_600,
    help: 'How long payments stay in memory after they were accepted. Then those that are settled or discarded leave. With JOURNAL_DIR they go to an archive there, and stay known. Without it their id is not known any more: posted again, it is a new payment. Of their time sums by whole seconds stay. 0: none ever leaves.',
  }),
  PURGE_ALLOWED: flag({
    fallback: false,
    help: 'true: API nodes may purge (POST /purge-payments). A purge forgets every payment, and needs no token.',
  }),
  PREDECESSOR_MS: integer({
    fallback: 60_000,
    min: 0,
    max: 86_400_000,
    help: 'After a start without a journal, or with a new one, an earlier coordinator may have sent payments that this one does not know. If an API node reports that there was one, each new id is looked up at every processor before it is sent, for this long after the report. The look-ups begin ATTEMPT_TIMEOUT_MS and 5 s after the start; new payments wait until then. 0: never.',
  }),
  IN_FLIGHT_COUNT_INITIAL: integer({
    fallback: 6,
    min: 1,
    max: 10_000,
    help: 'The limit of attempts under way at one processor, at the start. The limit then adapts to what the processor can take.',
  }),
  IN_FLIGHT_COUNT_MAX: integer({
    fallback: 700,
    min: 1,
    max: 10_000,
    help: 'The most attempts under way at one processor. The processors of the challenge take 800 at once before callers have to wait.',
  }),
  ATTEMPT_TIMEOUT_MS: integer({
    fallback: 30_000,
    min: 100,
    max: 600_000,
    help: 'The timeout of an attempt. Keep it long: a processor may still record a payment after the timeout, so each such payment has to be looked up. After a restart without a journal new payments wait for this long and 5 s more.',
  }),
  CONNECT_TIMEOUT_MS: integer({
    fallback: 2000,
    min: 50,
    max: 60_000,
    help: 'The timeout of connecting to a processor.',
  }),
  HEALTH_POLL_MS: integer({
    fallback: 5000,
    min: 100,
    max: 600_000,
    help: 'The pause between two health calls to one processor. The processors of the challenge answer one call in 5 s, and let further calls wait.',
  }),
  HEALTH_TIMEOUT_MS: integer({
    fallback: 15_000,
    min: 100,
    max: 600_000,
    help: 'The timeout of a health call. Keep it above 10 s: a call too many waits at the processor for the next window of 5 s.',
  }),
  FAILURES_TO_OPEN: integer({
    fallback: 3,
    min: 1,
    max: 1000,
    help: 'The number of failures in a row that open the circuit of a processor. While it is open, only canaries are sent there.',
  }),
  CANARY_MS_MIN: integer({
    fallback: 50,
    min: 1,
    max: 60_000,
    help: 'The pause before the first canary after a circuit has opened. A canary is a payment that is sent to see whether the processor is back.',
  }),
  CANARY_MS_MAX: integer({
    fallback: 1000,
    min: 1,
    max: 60_000,
    help: 'The longest pause between two canaries. The pause grows from CANARY_MS_MIN to this.',
  }),
  NODE_COUNT_MAX: integer({
    fallback: 16,
    min: 1,
    max: 1000,
    help: 'The most API nodes that may be connected at once.',
  }),
  WINDOW_COUNT_MAX: integer({
    fallback: 20_000,
    min: 1,
    max: 1_000_000,
    help: 'The most payments that an API node may send to the coordinator before it waits for an acknowledgement.',
  }),
  HEARTBEAT_MS: integer({
    fallback: 1000,
    min: 50,
    max: 60_000,
    help: 'The pause between two heartbeats on the channel. A connection ends when three are missed.',
  }),
  DRAIN_MS_MAX: integer({
    fallback: 3000,
    min: 0,
    max: 8000,
    help: 'How long the coordinator goes on settling queued payments when it is stopped. Payments that are left then are lost without a JOURNAL_DIR.',
  }),
}

export type CoordinatorSettings = Settings<typeof coordinatorSchema>

/** The problem in how settings relate to each other, or `undefined`. It names the settings to change. */
export function settingsProblem(settings: CoordinatorSettings): string | undefined {
  if (isOpenToAll(settings)) {
    return (
      `CHANNEL_SECRET is a published default, and others may reach CHANNEL_HOST=${settings.CHANNEL_HOST}: anybody who ` +
      'connects there could post payments. Set CHANNEL_SECRET to a secret of your own, here and on the API nodes; or listen on ' +
      'an address in a network that only this cluster reaches, and set CHANNEL_INTERNAL=true'
    )
  }
  if (settings.CANARY_MS_MAX < settings.CANARY_MS_MIN) return 'CANARY_MS_MAX must not be below CANARY_MS_MIN'
  if (settings.DRAIN_PER_SECOND_AT_END < settings.DRAIN_PER_SECOND_MAX) {
    return 'DRAIN_PER_SECOND_AT_END must not be below DRAIN_PER_SECOND_MAX'
  }
  if (settings.IN_FLIGHT_COUNT_MAX < settings.IN_FLIGHT_COUNT_INITIAL) {
    return 'IN_FLIGHT_COUNT_MAX must not be below IN_FLIGHT_COUNT_INITIAL'
  }
  if (settings.IN_FLIGHT_COUNT_MAX < settings.SHARDS) {
    return `IN_FLIGHT_COUNT_MAX must not be below SHARDS=${settings.SHARDS}: each shard has its part of it`
  }
  const logProblem = replicatedLogProblem(settings)
  if (logProblem !== undefined) return logProblem
  const known = settings.PROCESSORS.map(({ name }) => name)
  const unknown = [...settings.PROCESSOR_ADMIN_TOKENS.keys()].find(name => !known.includes(name))
  if (unknown !== undefined)
    return `PROCESSOR_ADMIN_TOKENS names ${unknown}, which PROCESSORS does not: ${known.join(', ')}`
  return policySettingsProblem(settings.POLICY, settings.POLICY_SETTINGS)
}

/** What is kept on one machine does not move to another one with the leadership. */
function replicatedLogProblem(settings: CoordinatorSettings): string | undefined {
  const { LOG_SERVERS, JOURNAL_DIR, LOG_CREDENTIALS_FILE, CHANNEL_ADDRESS, CHANNEL_HOST } = settings
  if (LOG_SERVERS === null) {
    if (LOG_CREDENTIALS_FILE !== '') return 'LOG_CREDENTIALS_FILE is for LOG_SERVERS, and that is empty'
    if (CHANNEL_ADDRESS !== '') return 'CHANNEL_ADDRESS is for LOG_SERVERS, and that is empty'
    return undefined
  }
  if (JOURNAL_DIR !== '') return 'LOG_SERVERS and JOURNAL_DIR are two places for one journal: set one of them'
  if (CHANNEL_ADDRESS === '' && isEveryAddress(CHANNEL_HOST))
    return `nodes cannot be told CHANNEL_HOST=${CHANNEL_HOST} as the address of a leader: set CHANNEL_ADDRESS to where they reach this coordinator`
  if (LOG_SERVERS.user !== undefined && LOG_CREDENTIALS_FILE !== '')
    return 'LOG_SERVERS has a user, and LOG_CREDENTIALS_FILE is set: set one of them'
  return undefined
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

/** Whether the host means every address of the machine. `0.0.0.0` can also be written `0`, `::`, `::0` and so on. */
function isEveryAddress(host: string): boolean {
  return /^[0.:]*$|^0x0+$/i.test(host)
}
