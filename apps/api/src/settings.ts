import { parseCoordinators, printCoordinators } from '@rinha/channel'
import { ackLevels } from '@rinha/node'
import { shardCountMax } from '@rinha/payment'
import { choice, integer, type Settings, setting, text } from '@rinha/settings'

/** Every setting of the API node. `--help` prints this table. */
export const apiSchema = {
  HTTP_HOST: text({
    fallback: '0.0.0.0',
    help: 'The address to listen on. 0.0.0.0 is every address of this machine; 127.0.0.1 takes requests from this machine alone.',
  }),
  PORT: integer({
    fallback: 9999,
    min: 0,
    max: 65_535,
    help: 'The HTTP port. Several API nodes on one machine can share it (SO_REUSEPORT). 0 takes a free port, which is not shared.',
  }),
  NODE_PORT: integer({
    fallback: 0,
    min: 0,
    max: 65_535,
    help: 'A second HTTP port, for this node alone. Requests there reach this node and not another that shares PORT. 0: no such port.',
  }),
  METRICS_HOST: text({ fallback: '127.0.0.1', help: 'The address at which METRICS_PORT listens.' }),
  METRICS_PORT: integer({
    fallback: 0,
    min: 0,
    max: 65_535,
    help: 'The port of GET /metrics, in the text format of Prometheus. 0: no such port, and no metrics are collected.',
  }),
  NODE_NAME: text({
    fallback: 'api',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    allowed: '1 to 64 letters, digits, dots, hyphens and underscores',
    help: 'The name of this node in its health answer, in logs and at the coordinator. It must be unique in the cluster.',
  }),
  COORDINATOR_HOST: text({ fallback: '127.0.0.1', help: 'The host of the coordinator.' }),
  COORDINATOR_PORT: integer({
    fallback: 9400,
    min: 1,
    max: 65_535,
    help: "The coordinator's channel port.",
  }),
  SHARDS: integer({
    fallback: 1,
    min: 1,
    max: shardCountMax,
    help: 'The number of coordinators among which payments are divided, by a hash of the correlationId. It must be the same at every node and coordinator; another number needs a re-sharding (npm run ledger).',
  }),
  COORDINATORS: setting({
    fallback: [],
    valueName: 'LIST',
    allowed: 'host:port addresses with commas between, each once, and semicolons between shards',
    parse: parseCoordinators,
    print: printCoordinators,
    help: 'The channel ports of several coordinators with one replicated log (LOG_SERVERS), of which one leads. This node finds the leader and follows it. Write the addresses as each coordinator has its own in CHANNEL_ADDRESS. With SHARDS, the coordinators of each shard in turn, with semicolons between: a:9400,b:9400;a:9401,b:9401. Empty: the one at COORDINATOR_HOST and COORDINATOR_PORT.',
  }),
  CHANNEL_SECRET: text({
    fallback: 'development-only-secret',
    secret: true,
    pattern: /^.{16,}$/,
    allowed: 'at least 16 characters',
    help: 'The secret by which this node and the coordinator recognise each other. Both must have the same. The default is for development only.',
  }),
  API_KEYS_FILE: text({
    fallback: '',
    pattern: /^.*$/,
    allowed: 'the path of a file, or nothing',
    help: 'A file with the clients that may post and read, one a line: a name, the SHA-256 of the key and, optionally, the most requests a second. Empty: every client may.',
  }),
  BODY_BYTES_MAX: integer({
    fallback: 4096,
    min: 128,
    max: 65_536,
    help: 'The largest body of a payment, in bytes. A larger one is answered 413, whether Content-Length says so or the bytes that were read.',
  }),
  BODY_MS_MAX: integer({
    fallback: 5000,
    min: 10,
    max: 10_000,
    help: 'How long the body of a payment may take to arrive. Then the answer is 408 and the connection is closed.',
  }),
  ACK_LEVEL: choice({
    fallback: 'queued',
    words: ackLevels,
    help: 'The acknowledgement level of requests without Prefer: ack=…. It says who has the payment when the client is answered 202: this node (received), the coordinator (queued), the coordinator’s disk (journaled), or the disks of most servers of its replicated log (replicated).',
  }),
  ACK_LEVEL_MIN: choice({
    fallback: 'received',
    words: ackLevels,
    help: 'The lowest level that is answered 202. A request that asks for less gets this one; when it is not reached in ACK_WAIT_MS_MAX, the answer is 503.',
  }),
  ACK_WAIT_MS_MAX: integer({
    fallback: 1000,
    min: 1,
    max: 60_000,
    help: 'How long a request waits for its acknowledgement level. Then it is answered 202 with the level that was reached, or 503 below ACK_LEVEL_MIN.',
  }),
  WAIT_SECONDS_MAX: integer({
    fallback: 30,
    min: 0,
    max: 300,
    help: 'The longest time that GET /payments/{id} waits for a payment to be settled or rejected, when the request asks it to (Prefer: wait=…). 0: it never waits.',
  }),
  WAIT_COUNT_MAX: integer({
    fallback: 1000,
    min: 1,
    max: 100_000,
    help: 'The most requests that wait for the end of a payment (Prefer: wait=…) at one time. Further ones are answered at once with the present state.',
  }),
  BUFFER_COUNT_MAX: integer({
    fallback: 100_000,
    min: 1,
    max: 5_000_000,
    help: 'The most payments that this node holds until the coordinator acknowledges them, 24 bytes each. When it holds so many, the answer is 503. With SHARDS each shard has an equal part of them.',
  }),
  BUFFER_AGE_MS_MAX: integer({
    fallback: 30_000,
    min: 100,
    max: 3_600_000,
    help: 'How long this node accepts payments while the coordinator acknowledges none. After that the answer is 503, until an acknowledgement arrives.',
  }),
  REQUEST_TIMEOUT_MS: integer({
    fallback: 1000,
    min: 10,
    max: 60_000,
    help: 'How long the coordinator may take to answer a summary, a status or a purge. After that the answer is 503.',
  }),
  REQUEST_COUNT_MAX: integer({
    fallback: 1000,
    min: 1,
    max: 100_000,
    help: 'The most summaries, statuses and purges that wait for the coordinator at one time. Further ones are answered 503.',
  }),
  HEARTBEAT_MS: integer({
    fallback: 1000,
    min: 50,
    max: 60_000,
    help: 'The pause between two heartbeats on the channel. When three are missed, this node closes the connection and connects again.',
  }),
  RECONNECT_MS_MIN: integer({
    fallback: 20,
    min: 1,
    max: 10_000,
    help: 'The upper bound of the first pause before this node reconnects to the coordinator. The bound doubles with each try; the pause is random below it (exponential backoff with jitter).',
  }),
  RECONNECT_MS_MAX: integer({
    fallback: 1000,
    min: 10,
    max: 60_000,
    help: 'The highest value of that bound. It must not be below RECONNECT_MS_MIN.',
  }),
  DRAIN_MS_MAX: integer({
    fallback: 5000,
    min: 0,
    max: 8000,
    help: 'How long this node, when it is stopped, goes on delivering payments that the coordinator has not acknowledged.',
  }),
}

export type ApiSettings = Settings<typeof apiSchema>

/** The problem in how settings relate to each other, or `undefined`. It names the settings to change. */
export function settingsProblem(settings: ApiSettings): string | undefined {
  if (settings.RECONNECT_MS_MAX < settings.RECONNECT_MS_MIN) {
    return 'RECONNECT_MS_MAX must not be below RECONNECT_MS_MIN'
  }
  const { SHARDS, COORDINATORS, BUFFER_COUNT_MAX } = settings
  if (SHARDS !== Math.max(1, COORDINATORS.length)) {
    return `SHARDS is ${SHARDS}, and COORDINATORS has the coordinators of ${COORDINATORS.length}: they must be as many, with semicolons between`
  }
  if (BUFFER_COUNT_MAX < SHARDS)
    return 'BUFFER_COUNT_MAX must be at least SHARDS: each shard has a part of it'
  if (settings.NODE_PORT !== 0 && settings.NODE_PORT === settings.PORT) {
    return 'NODE_PORT must differ from PORT: NODE_PORT is for this node alone, and PORT is shared'
  }
  return undefined
}
