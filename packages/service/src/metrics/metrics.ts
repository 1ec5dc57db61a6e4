import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'

/** One line of a metric. */
export interface Sample {
  readonly labels?: { readonly [label: string]: string | number }
  readonly value: number
  /** What a histogram appends to its name. */
  readonly suffix?: string
}

/**
 * What a process says to Prometheus: its own metrics, each read when somebody asks for them, and those that prom-client
 * knows of every Node.js process (heap, event loop, garbage collection).
 */
export class Metrics {
  readonly #registry = new Registry()

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
    // Gauges whose names say that they are counters, and what they count twice: nodejs_active_resources has it all.
    for (const name of ['handles', 'handles_total', 'requests', 'requests_total', 'resources_total'])
      this.#registry.removeSingleMetric(`nodejs_active_${name}`)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** `read` is called at each scrape, in the turn in which the scrape begins. */
  add(
    type: 'counter' | 'gauge' | 'histogram',
    name: string,
    help: string,
    read: () => readonly Sample[] | number,
  ): void {
    const get = async () => {
      const said = read()
      const samples = typeof said === 'number' ? [{ value: said }] : said
      const values = samples.map(({ suffix = '', ...rest }) => ({ ...rest, metricName: name + suffix }))
      return { name, help, type, values, aggregator: 'sum' }
    }
    // The registry uses no more of a metric than this.
    this.#registry.registerMetric({ name, get } as unknown as Metric)
  }

  /** In Prometheus' text format. */
  print(): Promise<string> {
    return this.#registry.metrics()
  }
}
