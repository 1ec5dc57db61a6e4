import { alignedTable } from '@rinha/base'
import { median } from '../k6/report.ts'
import { playK6Run } from '../k6/run.ts'
import { RunRecorder } from '../run-report/recorder.ts'
import { officialSchedules } from '../score/official-schedules.ts'
import { percentile } from '../score/percentile.ts'
import type { Stack } from './stacks.ts'

/** One preview against one stack. */
export interface Preview {
  readonly name: string
  readonly acceptedCount: number
  readonly failedCount: number
  readonly inconsistencyCount: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuSeconds: number
  readonly cpuSecondsByService: Readonly<Record<string, number>>
  readonly throttledCount: number
}

const vusMax = 550

/** Every stack in turn, round by round. A floor's schedule is played at the processors of the cluster. */
export async function previewRounds(
  stacks: readonly Stack[],
  rounds: number,
  say: (line: string) => void,
  interrupt: AbortSignal,
): Promise<readonly Preview[]> {
  const processors = stacks.find(stack => stack.processors !== undefined)?.processors
  if (processors === undefined) throw new Error('no stack has processors')
  const previews: Preview[] = []
  for (let round = 1; round <= rounds; round += 1)
    for (const stack of stacks) {
      const { name, containers, processorContainers, origin } = stack
      const { measured, usages, recording } = await playK6Run(
        {
          schedule: { ...officialSchedules.preview, vusMax },
          origins: { backend: origin, ...(stack.processors ?? processors) },
          token: '123',
          containers: [...containers, ...processorContainers],
          recorder: new RunRecorder(undefined),
        },
        {
          onWaiting: say,
          onStarted: () => say(`${name}, round ${round} of ${rounds}`),
          isProgressDue: () => false,
          onProgress: () => {},
          onAudit: () => {},
        },
        interrupt,
      )
      const known = usages.flatMap(({ service, usage }) => ('reason' in usage ? [] : [{ service, ...usage }]))
      const own = known.slice(0, containers.length)
      const { acceptedCount, failedCount, inconsistencyCount, p99Ms } = measured.counts
      previews.push({
        ...{ name, acceptedCount, failedCount, inconsistencyCount, p99Ms },
        p50Ms: percentile(
          recording.latencies.map(({ latencyMs }) => latencyMs),
          0.5,
        ),
        cpuSeconds: own.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
        cpuSecondsByService: Object.fromEntries(
          known.map(({ service, cpuSeconds }) => [service, cpuSeconds]),
        ),
        throttledCount: own.reduce((sum, { throttledCount }) => sum + throttledCount, 0),
      })
    }
  return previews
}

export function previewTable(previews: readonly Preview[]): string {
  const names = [...new Set(previews.map(({ name }) => name))]
  const of = (name: string) => previews.filter(preview => preview.name === name)
  const middle = (name: string, figure: (preview: Preview) => number) => median(of(name).map(figure))
  const times = (name: string, figure: (preview: Preview) => number) =>
    median(of(name).map((preview, round) => figure(preview) / figure(of('floor B')[round] ?? preview)))
  return alignedTable([
    [
      '',
      'accepted',
      'failed',
      'inconsistencies',
      'p50',
      '×',
      'p99',
      '×',
      'CPU s',
      '×',
      'throttled periods',
      'CPU s by container',
    ],
    ...names.map(name => [
      name,
      `${middle(name, preview => preview.acceptedCount)}`,
      `${middle(name, preview => preview.failedCount)}`,
      `${middle(name, preview => preview.inconsistencyCount)}`,
      middle(name, preview => preview.p50Ms).toFixed(2),
      times(name, preview => preview.p50Ms).toFixed(2),
      middle(name, preview => preview.p99Ms).toFixed(2),
      times(name, preview => preview.p99Ms).toFixed(2),
      middle(name, preview => preview.cpuSeconds).toFixed(1),
      times(name, preview => preview.cpuSeconds).toFixed(2),
      `${middle(name, preview => preview.throttledCount)}`,
      Object.keys(of(name)[0]?.cpuSecondsByService ?? {})
        .map(
          service =>
            `${service} ${middle(name, each => each.cpuSecondsByService[service] ?? Number.NaN).toFixed(1)}`,
        )
        .join(', '),
    ]),
  ]).join('\n')
}
