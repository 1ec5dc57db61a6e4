import { alignedTable, count } from '@rinha/base'
import { median } from '../k6/report.ts'
import type { Block, ServiceFigures } from './block.ts'

/** The blocks of one stack under one load, a round each. */
export interface Series {
  readonly name: string
  readonly blocks: readonly Block[]
  /** System calls are counted in a block of its own. */
  readonly counted: Block
}

type Figure = (block: Block) => number

/** The median over the rounds; NaN where no round has it. */
export function middle({ blocks }: Series, figure: Figure): number {
  return median(blocks.map(figure).filter(value => !Number.isNaN(value)))
}

/** The median of the ratios to another stack in the same round. */
export function ratio({ blocks }: Series, floor: Series, figure: Figure): number {
  return median(
    blocks.map((block, round) => {
      const below = floor.blocks[round]
      return figure(block) / (below === undefined ? Number.NaN : figure(below))
    }),
  )
}

/** One of two tables: the latencies that the load measured, and the CPU of a payment. Ratios are to the named stack. */
export function stacksTable(all: readonly Series[], floor: Series): string {
  const head = ['', 'accepted/s', '×', 'failed', 'p50', '×', 'p99', '×', 'p99.9', 'CPU µs', '×']
  const more = ['processors', 'load', 'settled/s', 'recorded 10 s later', 'others', 'stolen']
  const rows = all.map(series => {
    const of = (figure: Figure, decimals: number) => shown(middle(series, figure), decimals)
    const times = (figure: Figure) => shown(ratio(series, floor, figure), 2)
    const recorded = middle(series, block => block.recordedPart * 100)
    return [
      series.name,
      count(Math.round(middle(series, block => block.acceptedPerSecond))),
      times(block => block.acceptedPerSecond),
      of(block => block.failedCount, 0),
      ...[of(block => block.p50Ms, 2), times(block => block.p50Ms)],
      ...[of(block => block.p99Ms, 2), times(block => block.p99Ms)],
      of(block => block.p999Ms, 2),
      ...[of(block => block.cpuUs, 0), times(block => block.cpuUs)],
      of(block => block.processorsCpuUs || Number.NaN, 0),
      of(block => block.loadCpuUs, 0),
      of(block => block.settledPerSecond, 0),
      Number.isNaN(recorded) ? '–' : `${recorded.toFixed(0)} %`,
      of(block => block.otherCpus, 2),
      of(block => block.stolenCpus, 2),
    ]
  })
  return alignedTable([[...head, ...more], ...rows]).join('\n')
}

/** The CPU of each service for an accepted payment. */
export function servicesTable(all: readonly Series[]): string {
  const head = ['', 'CPU µs', 'context switches', 'system calls', 'throttled periods', 'memory peak, MiB']
  const rows = all.flatMap(series =>
    (series.counted.services ?? []).map(({ service, systemCalls }, index) => {
      const of = (figure: (figures: ServiceFigures) => number) =>
        middle(series, ({ services }) => {
          const figures = services[index]
          return figures === undefined ? Number.NaN : figure(figures)
        })
      const throttled = of(figures => figures.throttledCount)
      return [
        `${series.name} ${service}`,
        shown(
          of(figures => figures.cpuUs),
          0,
        ),
        shown(
          of(figures => figures.switches),
          2,
        ),
        shown(systemCalls, 2),
        Number.isNaN(throttled) ? '–' : `${throttled} of ${of(figures => figures.periodCount)}`,
        shown(
          of(figures => figures.memoryMiB),
          1,
        ),
      ]
    }),
  )
  return alignedTable([head, ...rows]).join('\n')
}

function shown(value: number, decimals: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(decimals)
}

/** The medians of every figure, for programs. */
export function mediansOf(series: Series): Record<string, unknown> {
  const [first] = series.blocks
  if (first === undefined) return {}
  const { services, ...figures } = first
  const keys = Object.keys(figures) as (keyof typeof figures)[]
  const rounded = (value: number) => (Number.isNaN(value) ? null : Number(value.toPrecision(4)))
  const servicesOf = services.map(({ service }, index) => {
    const of = (figure: (figures: ServiceFigures) => number) =>
      rounded(middle(series, block => figure(block.services[index] ?? ({} as ServiceFigures))))
    return {
      service,
      cpuUs: of(found => found.cpuUs),
      switches: of(found => found.switches),
      systemCalls: rounded(series.counted.services[index]?.systemCalls ?? Number.NaN),
      throttledCount: of(found => found.throttledCount),
      periodCount: of(found => found.periodCount),
      memoryMiB: of(found => found.memoryMiB),
    }
  })
  const medians = keys.map(key => [key, rounded(middle(series, block => block[key]))] as const)
  return { name: series.name, ...Object.fromEntries(medians), services: servicesOf }
}
