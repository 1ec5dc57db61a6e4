import { type Cancel, ok } from '@rinha/base'
import type {
  ChannelRequestKind,
  ChannelRequests,
  PaymentReport,
  ProcessorSummary,
  RequestAnswer,
} from '@rinha/channel'
import { listenChannel } from '@rinha/channel/tcp'
import { onlyShard, paymentRecordBytes, printCorrelationId, type Shard } from '@rinha/payment'
import { freePort, type Logger } from '@rinha/service'
import { talk, until } from '@rinha/testing'
import { type RunningApi, startApi } from './api.ts'
import { type ApiSettings, apiSchema } from './settings.ts'

/** What the tests of the API node share: the other end of its channel, and nodes. */

export { freePort, talk, until }

const secret = 'a-secret-of-the-tests'

/** A coordinator's end of the real channel. It records the messages that reach it, and answers as it is told. */
export class CoordinatorEnd {
  readonly payments: string[] = []
  readonly requests: { readonly kind: ChannelRequestKind; readonly params: unknown }[] = []
  readonly reports = new Map<string, PaymentReport>()
  totals: readonly ProcessorSummary[] = [
    { processor: 'default', count: 2, amountCents: 3990 },
    { processor: 'fallback', count: 0, amountCents: 0 },
  ]
  /** Waits for the end of a payment: none ever comes. */
  waitCount = 0
  port = 0
  close: () => Promise<void> = async () => {}

  static async listen(port = 0, shard: Shard = onlyShard): Promise<CoordinatorEnd> {
    const end = new CoordinatorEnd()
    const server = await listenChannel(
      {
        host: '127.0.0.1',
        port,
        secret,
        shard,
        windowCountMax: 1000,
        nodeCountMax: 4,
        heartbeatMs: 1000,
        handshakeTimeoutMs: 1000,
      },
      {
        roomCount: () => 100_000,
        lastingRoomCount: () => 100_000,
        onPayments: (records, count) => end.#onPayments(records, count),
        onRequest: (kind, params, _, answer) => end.#onRequest(kind, params, answer),
      },
    )
    end.port = server.port
    end.close = () => server.close()
    return end
  }

  #onPayments(records: Uint8Array, count: number): readonly never[] {
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
    for (let at = 0; at < count * paymentRecordBytes; at += paymentRecordBytes) {
      this.payments.push(`${printCorrelationId(records, at)} ${view.getBigUint64(at + 16)}`)
    }
    return []
  }

  #onRequest<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    answer: RequestAnswer<Kind>,
  ): Cancel | undefined {
    this.requests.push({ kind, params })
    if (kind === 'ending') {
      this.waitCount += 1
      return () => {
        this.waitCount -= 1
      }
    }
    const report = () => {
      const { correlationId } = params as ChannelRequests['status']['params']
      return this.reports.get(printCorrelationId(correlationId)) ?? { state: 'absent' as const }
    }
    const answers: { [K in ChannelRequestKind]: () => ChannelRequests[K]['result'] } = {
      summary: () => ({ totals: this.totals, completeUpToMs: null }),
      status: report,
      ending: report,
      health: () => [],
      ledgerSpan: () => ({ fromMs: 0, firstMs: null, toMs: 0 }),
      ledgerSum: () => ({ count: 0, amountCents: 0, isCut: false, known: [] }),
      ledgerIds: () => ({ ids: [], next: null }),
      purge: () => ({ purged: true }),
    }
    answer(ok(answers[kind]()))
    return undefined
  }
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that keeps its lines. */
export function keepLog(lines: LogLine[]): Logger {
  const keep = (level: LogLine['level']) => (fields: LogLine['fields']) => lines.push({ level, fields })
  return { info: keep('info'), warn: keep('warn'), error: keep('error') } as unknown as Logger
}

/** A node on any free port, by default with a coordinator that is away. */
export function testSettings(changes: Partial<ApiSettings>): ApiSettings {
  const defaults = Object.fromEntries(
    Object.entries(apiSchema).map(([name, setting]) => [name, setting.fallback]),
  )
  const ofTests = {
    PORT: 0,
    NODE_NAME: 'test',
    COORDINATOR_PORT: 1,
    CHANNEL_SECRET: secret,
    DRAIN_MS_MAX: 0,
    // Answers at once, with a coordinator or without; the other levels are the node's to test.
    ACK_LEVEL: 'received',
  }
  return { ...defaults, ...ofTests, ...changes } as ApiSettings
}

export function startNode(changes: Partial<ApiSettings>, lines: LogLine[] = []): Promise<RunningApi> {
  return startApi(testSettings(changes), keepLog(lines))
}
