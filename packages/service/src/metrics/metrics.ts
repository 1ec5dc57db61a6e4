import { monitorEventLoopDelay } from 'node:perf_hooks'
import { memoryUsage } from 'node:process'
import { getHeapStatistics } from 'node:v8'
import { collectDefaultMetrics, Registry } from 'prom-client'

/** One line of a metric. */
export interface Sample {
  readonly labels?: { readonly [label: string]: string | number }
  readonly value: number
  /** The suffix of the name of a histogram's line. */
  readonly suffix?: string
}

type MetricType = 'counter' | 'gauge' | 'histogram'
type Read = () => readonly Sample[] | number

/** prom-client's own monitor of the event loop would wake the process a hundred times a second. This is "never". */
const neverMs = 1_000_000_000
/** How often this process' own monitor looks. A delay that begins and ends between two looks is not seen. */
const lookMs = 20

/**
 * The metrics of a process for Prometheus: its own, which are read at each scrape, and those that prom-client has for every
 * Node.js process (heap, garbage collection, CPU).
 * The own metrics are printed here and not by prom-client, because that allocates some ten strings and objects for each
 * sample, and payments are held up for as long as a scrape takes (`npx tsx apps/coordinator/bench/scrape.ts`).
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #metrics: { readonly head: string; readonly name: string; readonly read: Read }[] = []

  constructor() {
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: neverMs })
    for (const name of leftOutNames) this.#registry.removeSingleMetric(name)
    this.#addEventLoop()
    this.#addMemory()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** `read` is called at each scrape, in the turn in which the scrape begins. */
  add(type: MetricType, name: string, help: string, read: Read): void {
    this.#metrics.push({ head: `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`, name, read })
  }

  /** All metrics in Prometheus' text format. */
  async print(): Promise<string> {
    let text = ''
    for (const { head, name, read } of this.#metrics) {
      const said = read()
      text += head
      if (typeof said === 'number') text += `${name} ${printed(said)}\n`
      else
        for (const { labels, value, suffix = '' } of said)
          text += `${name}${suffix}${labels === undefined ? '' : printedLabels(labels)} ${printed(value)}\n`
    }
    return text + (await this.#registry.metrics())
  }

  #addEventLoop(): void {
    const delays = monitorEventLoopDelay({ resolution: lookMs })
    delays.enable()
    const add = (statistic: string, read: () => number) =>
      this.add(
        'gauge',
        `nodejs_eventloop_lag_${statistic}_seconds`,
        `By how much a timer of ${lookMs} ms came late: the ${statistic} since the last scrape.`,
        () => Math.max(0, read() / 1e9 - lookMs / 1000),
      )
    add('p99', () => delays.percentile(99))
    add('max', () => {
      const { max } = delays
      delays.reset()
      return max
    })
  }

  /** From V8 and the system's own call. prom-client reads and parses a file in /proc, which takes ten times as long. */
  #addMemory(): void {
    let heap = getHeapStatistics()
    const add = (name: string, help: string, read: () => number) => this.add('gauge', name, help, read)
    add('process_resident_memory_bytes', 'Memory of the process in RAM.', () => memoryUsage.rss())
    add('nodejs_heap_size_total_bytes', 'Size of the heap.', () => {
      heap = getHeapStatistics()
      return heap.total_heap_size
    })
    add('nodejs_heap_size_used_bytes', 'The part of the heap that is in use.', () => heap.used_heap_size)
    add(
      'nodejs_external_memory_bytes',
      'Memory outside the heap that objects hold.',
      () => heap.external_memory,
    )
  }
}

/**
 * Metrics of prom-client that are left out: they are named as counters and are none, are duplicates, or cost too much.
 */
const leftOutNames: readonly string[] = [
  ...['handles', 'handles_total', 'requests', 'requests_total', 'resources', 'resources_total'].map(
    name => `nodejs_active_${name}`,
  ),
  ...['resident_memory', 'virtual_memory', 'heap'].map(what => `process_${what}_bytes`),
  'process_open_fds',
  'process_max_fds',
  ...['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'].map(
    statistic => `nodejs_eventloop_lag${statistic}_seconds`,
  ),
  ...['total', 'used', 'available'].map(size => `nodejs_heap_space_size_${size}_bytes`),
  ...['nodejs_heap_size_total_bytes', 'nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'],
]

function printed(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

function printedLabels(labels: NonNullable<Sample['labels']>): string {
  let text = ''
  for (const name in labels)
    text += `${text === '' ? '{' : ','}${name}="${String(labels[name]).replace(/[\\"\n]/g, escaped)}"`
  return text === '' ? '' : `${text}}`
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`
}
