import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Container, type ContainerUsage, ContainerWatch } from '../k6/containers.ts'
import { Backend, Processor } from '../score/targets.ts'
import { contextSwitches, machineCpu, systemCalls } from './kernel-counts.ts'
import type { Stack } from './stacks.ts'

/** The results of a load on a stack, as the load measured them. */
export interface Loaded {
  readonly acceptedCount: number
  readonly failedCount: number
  readonly lengthMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  /** The CPU time of the load generator. NaN if it was a child that has ended, because the system adds its time to the parent's. */
  readonly cpuMs: number
}

/** What one service of a stack did for an accepted payment. NaN is not known. */
export interface ServiceFigures {
  readonly service: string
  readonly cpuUs: number
  readonly switches: number
  readonly systemCalls: number
  readonly throttledCount: number
  readonly periodCount: number
  readonly memoryMiB: number
}

/** One block of load on one stack: latencies as seen by the load, costs an accepted payment. */
export interface Block extends Omit<Loaded, 'cpuMs' | 'lengthMs'> {
  readonly acceptedPerSecond: number
  /** The whole stack, without processors and load. */
  readonly cpuUs: number
  readonly processorsCpuUs: number
  readonly loadCpuUs: number
  /** Cores that other programs on this machine used, and cores that the host took away. */
  readonly otherCpus: number
  readonly stolenCpus: number
  readonly services: readonly ServiceFigures[]
  /** During the block; NaN where nothing settles. */
  readonly settledPerSecond: number
  /** The part of the accepted payments that was recorded so long after the block; NaN if that was not awaited. */
  readonly recordedPart: number
}

const recordedAfterMs = 10_000
const [timeoutMs, restMs] = [5000, 500]
const token = '123'

/** Runs a load on a stack, counts around it, and leaves the books empty. */
export class BlockRunner {
  readonly #stack: Stack
  readonly #backend: Backend

  constructor(stack: Stack) {
    this.#stack = stack
    this.#backend = new Backend(stack.origin, timeoutMs, () => {})
  }

  get stack(): Stack {
    return this.#stack
  }

  /**
   * `countsCalls`: system calls are counted, which slows a block down by some percent. `waits`: until what was accepted has had
   * ten seconds to settle.
   */
  async run(
    load: (origin: string) => Promise<Loaded>,
    seconds: number,
    { countsCalls, waits }: { readonly countsCalls: boolean; readonly waits: boolean },
  ): Promise<Block> {
    const { containers, processorContainers, origin, processors } = this.#stack
    await sleep(restMs)
    const bookedBefore = processors && (await this.#backend.bookedCount())
    const watch = new ContainerWatch([...containers, ...processorContainers])
    const switchesBefore = containers.map(contextSwitches)
    const [machineBefore, startedMs] = [machineCpu(), performance.now()]
    watch.start()
    const counting = countsCalls
      ? Promise.all(containers.map(container => systemCalls(container, seconds - 1)))
      : []
    const loaded = await load(origin)
    watch.stop()
    const [machine, elapsedMs] = [machineCpu(), performance.now() - startedMs]
    const switches = containers.map(contextSwitches)
    const booked = processors && (await this.#backend.bookedCount())
    const calls = (await counting).map(found => (found / (seconds - 1)) * (loaded.lengthMs / 1000))
    if (waits && processors) await sleep(recordedAfterMs)
    const bookedLater = processors && waits ? await this.#backend.bookedCount() : Number.NaN
    if (processors) await this.#purge()
    const { acceptedCount, failedCount, lengthMs, p50Ms, p99Ms, p999Ms } = loaded
    const usages = watch.usages()
    const services = containers.map((container, index) =>
      figuresOf(container, usages[index], acceptedCount, {
        switches: (switches[index] ?? 0) - (switchesBefore[index] ?? 0),
        calls: calls[index] ?? Number.NaN,
      }),
    )
    const cpuUs = sum(services.map(figures => figures.cpuUs))
    const processorsCpuUs = sum(
      usages.slice(containers.length).map(usage => (cpuSeconds(usage) * 1e6) / acceptedCount),
    )
    const loadCpuMs = Number.isNaN(loaded.cpuMs)
      ? machine.childrenMs - machineBefore.childrenMs
      : loaded.cpuMs
    const busyMs = machine.busyMs - machineBefore.busyMs
    const ownMs = ((cpuUs + processorsCpuUs) * acceptedCount) / 1000 + loadCpuMs
    return {
      ...{ acceptedCount, failedCount, p50Ms, p99Ms, p999Ms, cpuUs, processorsCpuUs, services },
      acceptedPerSecond: acceptedCount / (lengthMs / 1000),
      loadCpuUs: (loadCpuMs * 1000) / acceptedCount,
      otherCpus: (busyMs - ownMs) / elapsedMs,
      stolenCpus: (machine.stolenMs - machineBefore.stolenMs) / elapsedMs,
      settledPerSecond: ((booked ?? Number.NaN) - (bookedBefore ?? 0)) / (lengthMs / 1000),
      recordedPart: ((bookedLater ?? Number.NaN) - (bookedBefore ?? 0)) / acceptedCount,
    }
  }

  close(): Promise<void> {
    return this.#backend.close()
  }

  /**
   * Purges everything, so that nothing of a block is left for the next one. The simulated processors hold only so many
   * payments.
   */
  async #purge(): Promise<void> {
    await this.#backend.purge()
    for (const name of ['default', 'fallback'] as const) {
      const origin = this.#stack.processors?.[name] ?? ''
      const processor = new Processor(name, origin, timeoutMs, token, () => {})
      await processor.purge()
      await processor.close()
    }
  }
}

function figuresOf(
  { service }: Container,
  found: ContainerUsage | undefined,
  acceptedCount: number,
  { switches, calls }: { readonly switches: number; readonly calls: number },
): ServiceFigures {
  const usage = found === undefined || 'reason' in found.usage ? undefined : found.usage
  return {
    service,
    cpuUs: (cpuSeconds(found) * 1e6) / acceptedCount,
    switches: switches / acceptedCount,
    systemCalls: calls / acceptedCount,
    throttledCount: usage?.throttledCount ?? Number.NaN,
    periodCount: usage?.periodCount ?? Number.NaN,
    memoryMiB: (usage?.memoryBytesPeak ?? Number.NaN) / 2 ** 20,
  }
}

function cpuSeconds(found: ContainerUsage | undefined): number {
  return found === undefined || 'reason' in found.usage ? Number.NaN : found.usage.cpuSeconds
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
