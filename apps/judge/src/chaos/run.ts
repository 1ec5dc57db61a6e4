import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Clients } from './clients.ts'
import { collect } from './collect.ts'
import { Fleet } from './fleet.ts'
import { Injector } from './injector.ts'
import { type FleetPlaces, host } from './layout.ts'
import type { ChaosOptions } from './options.ts'
import { planFaults } from './plan.ts'
import { nodesAreReady, type QueueCounts, queueCounts, type Settling, settle } from './settle.ts'
import { judge, type Verdict } from './verdict.ts'

/** Everything that the table at the end is made of. */
export interface ChaosResult
  extends Pick<Clients, 'answers' | 'wrongAnswers'>,
    Pick<Fleet, 'crashes' | 'coordinatorRecoveriesMs' | 'coordinatorBytesPeak'> {
  readonly verdict: Verdict
  readonly paymentCount: number
  readonly acknowledgedCount: number
  readonly faults: ReadonlyMap<string, number>
  readonly skippedCount: number
  readonly settling: Settling
}

export interface ChaosProgress {
  readonly phase: 'starting' | 'faults' | 'settling' | 'comparing'
  /** Milliseconds since the command began. */
  readonly elapsedMs: number
  /** Since the load began; undefined before. */
  readonly faultsMs: number | undefined
  readonly paymentCount: number
  readonly faultCount: number
  /** The faults at this moment, and the processes that are down. */
  readonly busy: readonly string[]
  readonly queue: QueueCounts | undefined
  /** Payments compared so far. */
  readonly comparedCount: number
}

const tickMs = 500

/**
 * Plays a run from the start of the first process to the end of the last. Rejects with a StartProblem where it cannot go on,
 * and with the signal's reason where it was interrupted.
 */
export async function runOnce(
  options: ChaosOptions,
  places: FleetPlaces,
  onProgress: (progress: ChaosProgress) => void,
  interrupt: AbortSignal,
): Promise<ChaosResult> {
  const fleet = await Fleet.create(places)
  const over = AbortSignal.any([interrupt, fleet.over])
  const run = new Run(options, fleet, over)
  const ticking = setInterval(() => run.tick(onProgress), tickMs)
  try {
    return await run.play()
  } catch (error) {
    over.throwIfAborted()
    throw error
  } finally {
    clearInterval(ticking)
    await run.end()
  }
}

/** starting → faults → settling → comparing, one after the other, until it is over. */
class Run {
  readonly #options: ChaosOptions
  readonly #fleet: Fleet
  readonly #injector: Injector
  readonly #clients: Clients
  readonly #over: AbortSignal
  #phase: ChaosProgress['phase'] = 'starting'
  #loadBeganMs: number | undefined
  #comparedCount = 0
  #ticking = false

  constructor(options: ChaosOptions, fleet: Fleet, over: AbortSignal) {
    this.#options = options
    this.#fleet = fleet
    this.#injector = new Injector(fleet, fleet.note)
    this.#over = over
    const origins = fleet.ports.nodePorts.map(port => `http://${host}:${port}`)
    this.#clients = new Clients({ ...options, origins, nowMs: fleet.nowMs })
  }

  async play(): Promise<ChaosResult> {
    await Promise.race([this.#fleet.start(), once(this.#over, 'abort')])
    this.#begin('faults', 'everything serves')
    this.#clients.start()
    await this.#playFaults()
    this.#begin('settling', 'everything is to be healed')
    await this.#injector.heal()
    const healedAtMs = this.#fleet.nowMs()
    await this.#clients.stop()
    const settling = await settle({
      queue: () => queueCounts(this.#fleet.admin),
      nodesAreReady: () => nodesAreReady(this.#fleet.nodes),
      nowMs: () => this.#fleet.nowMs() - healedAtMs,
      pause: durationMs => sleep(durationMs),
      isOver: () => this.#over.aborted,
    })
    this.#begin('comparing', `settled: ${JSON.stringify(settling)}`)
    const result = await this.#compare(settling)
    this.#over.throwIfAborted()
    return result
  }

  /** Requests still under way are given up. */
  async end(): Promise<void> {
    await this.#fleet.end()
    await this.#clients.stop()
  }

  async tick(onProgress: (progress: ChaosProgress) => void): Promise<void> {
    this.#fleet.lookAtMemory()
    if (this.#ticking) return
    this.#ticking = true
    const isServing = this.#phase === 'faults' || this.#phase === 'settling'
    const queue = isServing ? await queueCounts(this.#fleet.admin) : undefined
    this.#ticking = false
    const elapsedMs = this.#fleet.nowMs()
    onProgress({
      phase: this.#phase,
      elapsedMs,
      faultsMs: this.#loadBeganMs === undefined ? undefined : elapsedMs - this.#loadBeganMs,
      paymentCount: this.#clients.payments.length,
      faultCount: [...this.#injector.counts.values()].reduce((sum, count) => sum + count, 0),
      busy: this.#injector.busy,
      queue,
      comparedCount: this.#comparedCount,
    })
  }

  #begin(phase: ChaosProgress['phase'], line: string): void {
    this.#over.throwIfAborted()
    this.#phase = phase
    this.#fleet.note(line)
  }

  async #playFaults(): Promise<void> {
    const beganMs = this.#fleet.nowMs()
    this.#loadBeganMs = beganMs
    const until = (atMs: number) =>
      sleep(Math.max(0, beganMs + atMs - this.#fleet.nowMs()), undefined, { signal: this.#over })
    for (const { atMs, fault } of planFaults(this.#options)) {
      await until(atMs)
      this.#injector.begin(fault)
    }
    await until(this.#options.lengthMs)
  }

  async #compare(settling: Settling): Promise<ChaosResult> {
    const { payments, answers, wrongAnswers } = this.#clients
    const { deaths, crashes, coordinatorRecoveriesMs, coordinatorBytesPeak } = this.#fleet
    const onDone = (count: number) => {
      this.#comparedCount = count
    }
    const evidence = await collect(this.#fleet, payments, onDone, () => this.#over.aborted)
    return {
      ...{ answers, wrongAnswers, crashes, settling, coordinatorRecoveriesMs, coordinatorBytesPeak },
      verdict: judge({ ...evidence, deaths, hasJournal: this.#options.hasJournal }),
      paymentCount: payments.length,
      acknowledgedCount: payments.filter(({ acks }) => acks.length > 0).length,
      faults: this.#injector.counts,
      skippedCount: this.#injector.skippedCount,
    }
  }
}
