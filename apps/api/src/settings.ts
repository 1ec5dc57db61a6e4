import { ackLevels } from '@rinha/node'
import { choice, integer, type Settings, text } from '@rinha/settings'

/** Every setting of the API node. `--help` prints this table. */
export const apiSchema = {
  HTTP_HOST: text({
    fallback: '0.0.0.0',
    help: 'The address of this machine to listen on: 0.0.0.0 is every one, 127.0.0.1 is for this machine alone.',
  }),
  PORT: integer({
    fallback: 9999,
    min: 0,
    max: 65_535,
    help: 'The HTTP port. Several API nodes on one machine share it (SO_REUSEPORT); 0 takes any free port, unshared.',
  }),
  NODE_PORT: integer({
    fallback: 0,
    min: 0,
    max: 65_535,
    help: 'A second HTTP port that only this node listens on, to address one node of several; 0 is off.',
  }),
  METRICS_HOST: text({ fallback: '127.0.0.1', help: 'The address at which METRICS_PORT listens.' }),
  METRICS_PORT: integer({
    fallback: 0,
    min: 0,
    max: 65_535,
    help: 'The port of GET /metrics, in the text format of Prometheus; 0 is off, and then nothing is measured.',
  }),
  NODE_NAME: text({
    fallback: 'api',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    allowed: '1 to 64 letters, digits, dots, hyphens and underscores',
    help: "This node's name, in its health answer and at the coordinator. Unique in the cluster.",
  }),
  COORDINATOR_HOST: text({ fallback: '127.0.0.1', help: 'Where the coordinator is.' }),
  COORDINATOR_PORT: integer({
    fallback: 9400,
    min: 1,
    max: 65_535,
    help: "The coordinator's channel port.",
  }),
  CHANNEL_SECRET: text({
    fallback: 'development-only-secret',
    secret: true,
    pattern: /^.{16,}$/,
    allowed: 'at least 16 characters',
    help: 'Proves this node to the coordinator, which has the same. The default is for development only.',
  }),
  API_KEYS_FILE: text({
    fallback: '',
    pattern: /^.*$/,
    allowed: 'the path of a file, or nothing',
    help: 'Who may post and read: in each line a name, the SHA-256 of the key and, where there is a limit, requests a second. Empty: everybody.',
  }),
  BODY_BYTES_MAX: integer({
    fallback: 4096,
    min: 128,
    max: 65_536,
    help: 'The largest body of a payment, in bytes, by Content-Length and by bytes read; past it the answer is 413.',
  }),
  BODY_MS_MAX: integer({
    fallback: 5000,
    min: 10,
    max: 10_000,
    help: 'How long the body of a payment may take; past it the answer is 408 and the connection is closed.',
  }),
  ACK_LEVEL: choice({
    fallback: 'queued',
    words: ackLevels,
    help: 'What a 202 means where the request does not say (Prefer: ack=…): this node has the payment, or the coordinator, or its disk.',
  }),
  ACK_LEVEL_MIN: choice({
    fallback: 'received',
    words: ackLevels,
    help: 'What a 202 means at least, also when time is up or the request asks for less; below it the answer is 503.',
  }),
  ACK_WAIT_MS_MAX: integer({
    fallback: 1000,
    min: 1,
    max: 60_000,
    help: 'How long a payment waits for its level; then it is answered with what was reached.',
  }),
  WAIT_SECONDS_MAX: integer({
    fallback: 30,
    min: 0,
    max: 300,
    help: 'How long GET /payments/{id} waits for the end of a payment where it is asked to (Prefer: wait=…); 0 is not at all.',
  }),
  WAIT_COUNT_MAX: integer({
    fallback: 1000,
    min: 1,
    max: 100_000,
    help: 'Clients that wait for that at one time; others are answered at once, with what is known.',
  }),
  BUFFER_COUNT_MAX: integer({
    fallback: 100_000,
    min: 1,
    max: 5_000_000,
    help: 'Payments held until the coordinator acknowledges them (24 bytes each); when full the answer is 503.',
  }),
  BUFFER_AGE_MS_MAX: integer({
    fallback: 30_000,
    min: 100,
    max: 3_600_000,
    help: 'How long payments are held with no acknowledgement of any; then the answer is 503 until there is one.',
  }),
  REQUEST_TIMEOUT_MS: integer({
    fallback: 1000,
    min: 10,
    max: 60_000,
    help: 'How long the coordinator may take over a summary, a status or a purge before the answer is 503.',
  }),
  REQUEST_COUNT_MAX: integer({
    fallback: 1000,
    min: 1,
    max: 100_000,
    help: 'Summaries, statuses and purges that wait for the coordinator at one time; more are answered 503.',
  }),
  HEARTBEAT_MS: integer({
    fallback: 1000,
    min: 50,
    max: 60_000,
    help: 'Pause between heartbeats on the channel; three missed ones end the connection, and it is made again.',
  }),
  RECONNECT_MS_MIN: integer({
    fallback: 20,
    min: 1,
    max: 10_000,
    help: 'Ceiling of the first wait before the channel is connected again; it doubles, and the wait is random below it.',
  }),
  RECONNECT_MS_MAX: integer({
    fallback: 1000,
    min: 10,
    max: 60_000,
    help: 'The highest that ceiling gets. Not below RECONNECT_MS_MIN.',
  }),
  DRAIN_MS_MAX: integer({
    fallback: 5000,
    min: 0,
    max: 8000,
    help: 'On stop: how long payments not yet acknowledged may take to reach the coordinator.',
  }),
}

export type ApiSettings = Settings<typeof apiSchema>

/** What is wrong with how settings relate, or `undefined`. The line names the settings to change. */
export function settingsProblem(settings: ApiSettings): string | undefined {
  if (settings.RECONNECT_MS_MAX < settings.RECONNECT_MS_MIN) {
    return 'RECONNECT_MS_MAX must not be below RECONNECT_MS_MIN'
  }
  if (settings.NODE_PORT !== 0 && settings.NODE_PORT === settings.PORT) {
    return 'NODE_PORT must differ from PORT: it is this node’s own, PORT is shared'
  }
  return undefined
}
