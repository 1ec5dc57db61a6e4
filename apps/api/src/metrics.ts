import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ChannelClient } from '@rinha/channel'
import type { ApiNode } from '@rinha/node'
import { StartProblem } from '@rinha/service'
import { addTraffic, Histogram, Metrics } from '@rinha/service/metrics'

/** The sources of a node's `/metrics`. */
interface Sources {
  readonly node: ApiNode
  readonly channels: readonly ChannelClient[]
}

export interface MetricsServer {
  readonly port: number
  close(): void
}

/**
 * The metrics of an API node, on a port of their own. Answers are counted and timed as they are given; everything else is read
 * when somebody asks. docs/deployment.md has the table.
 */
export class ApiMetrics {
  readonly #routes = new Map<
    string,
    { readonly latency: Histogram; readonly byStatus: Map<number, number> }
  >()

  readonly onAnswered = (path: string, status: number, tookMs: number): void => {
    let route = this.#routes.get(path)
    if (route === undefined) {
      route = { latency: new Histogram(), byStatus: new Map() }
      this.#routes.set(path, route)
    }
    route.latency.observe(tookMs)
    route.byStatus.set(status, (route.byStatus.get(status) ?? 0) + 1)
  }

  async listen(host: string, port: number, sources: Sources): Promise<MetricsServer> {
    const metrics = this.#metricsOf(sources)
    const server = createServer(async (request, response) => {
      const isAsked = request.url === '/metrics' && request.method === 'GET'
      response.writeHead(isAsked ? 200 : 404, {
        'content-type': isAsked ? metrics.contentType : 'text/plain',
      })
      response.end(isAsked ? await metrics.print() : 'GET /metrics\n')
    })
    server.listen(port, host)
    await once(server, 'listening').catch((error: Error) => {
      throw new StartProblem(`cannot serve on METRICS_HOST=${host} METRICS_PORT=${port}: ${error.message}`)
    })
    return {
      port: (server.address() as AddressInfo).port,
      close: () => {
        server.closeAllConnections()
        server.close()
      },
    }
  }

  #metricsOf({ node, channels }: Sources): Metrics {
    const metrics = new Metrics()
    const ofEach = (read: (channel: ChannelClient) => number) => () =>
      channels.map((channel, shard) => ({
        labels: labelsOf(shard, channels.length),
        value: read(channel),
      }))
    const routes = () => [...this.#routes]
    metrics.add(
      'counter',
      'http_requests_total',
      'Requests answered, by path of the document and status.',
      () =>
        routes().flatMap(([path, { byStatus }]) =>
          [...byStatus].map(([status, value]) => ({ labels: { path, status }, value })),
        ),
    )
    metrics.add(
      'histogram',
      'http_request_seconds',
      'Time from a request to its answer, waits included.',
      () => routes().flatMap(([path, { latency }]) => latency.samples({ path })),
    )
    metrics.add('gauge', 'http_requests_open', 'Requests without an answer.', () => node.openRequests.count)
    metrics.add('gauge', 'http_waits', 'Clients that wait for the end of a payment.', () => node.waitCount)
    metrics.add(
      'gauge',
      'channel_connected',
      '1 while the coordinator is connected.',
      ofEach(({ connected }) => Number(connected)),
    )
    metrics.add(
      'gauge',
      'channel_unacknowledged_payments',
      'Payments in the send buffer.',
      ofEach(({ unacknowledgedCount }) => unacknowledgedCount),
    )
    metrics.add(
      'gauge',
      'channel_oldest_unacknowledged_age_seconds',
      'Time for which the oldest payment has been in the send buffer; 0 if it is empty.',
      ofEach(({ oldestUnacknowledgedAgeMs }) => oldestUnacknowledgedAgeMs / 1000),
    )
    addTraffic(metrics, () =>
      channels.map(({ traffic }, shard) => ({ labels: labelsOf(shard, channels.length), traffic })),
    )
    return metrics
  }
}

/** Series have the label `shard` only where there are several. */
function labelsOf(shard: number, shardCount: number): { readonly shard?: number } {
  return shardCount === 1 ? {} : { shard }
}
