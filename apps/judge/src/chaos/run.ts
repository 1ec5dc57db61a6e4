import { randomInt } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartProblem } from '@rinha/service'
import { Clients } from './clients.ts'
import { collect } from './collect.ts'
import { Fleet } from './fleet.ts'
import { Injector } from './injector.ts'
import { host } from './layout.ts'
import type { ChaosOptions } from './options.ts'
import { planFaults } from './plan.ts'
import { nodesAreReady, type QueueCounts, queueCounts, type Settling, settle } from './settle.ts'
import { judge, type Verdict } from './verdict.ts'

export interface RunPlaces {
  readonly bundleDirectory: string
  /** Exists and is empty: for logs and the journal. */
  readonly directory: string
}

/** Everything that the table at the end is made of. */
export interface ChaosResult {
  readonly verdict: Verdict
  readonly paymentCount: number
  readonly acknowledgedCount: number
  readonly faults: ReadonlyMap<string, number>
  readonly skippedCount: number
  readonly answers: ReadonlyMap<string, number>
  readonly wrongAnswers: readonly string[]
  readonly crashes: readonly string[]
  readonly settling: Settling
  readonly coordinatorRecoveriesMs: readonly number[]
  readonly coordinatorBytesPeak: number | undefined
}

export interface ChaosProgress {
  readonly phase: 'starting' | 'faults' | 'settling' | 'comparing'
  /** Since the command began. */
  readonly elapsedMs: number
  /** Since the load began; undefined before. */
  readonly faultsMs: number | undefined
  readonly paymentCount: number
  readonly faultCount: number
  /** What goes wrong at this moment, and who is down. */
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
  places: RunPlaces,
  onProgress: (progress: ChaosProgress) => void,
  interrupt: AbortSignal,
): Promise<ChaosResult> {
  const run = await Run.create(options, places, interrupt)
  const ticking = setInterval(() => run.tick(onProgress), tickMs)
  try {
    return await run.play()
  } catch (error) {
    interrupt.throwIfAborted()
    throw error
  } finally {
    clearInterval(ticking)
    await run.end()
  }
}

/**
 * starting → faults → settling → comparing, one after the other; an interrupt, or a process that does not come up again,
 * ends it in any of them.
 */
class Run {
  readonly #options: ChaosOptions
  readonly #fleet: Fleet
  readonly #injector: Injector
  readonly #clients: Clients
  readonly #clock: Clock
  readonly #interrupt: AbortSignal
  #phase: ChaosProgress['phase'] = 'starting'
  #loadBeganMs: number | undefined
  #comparedCount = 0
  #ticking = false

  private constructor(options: ChaosOptions, fleet: Fleet, clock: Clock, interrupt: AbortSignal) {
    this.#options = options
    this.#fleet = fleet
    this.#injector = new Injector(fleet, clock.onNote)
    this.#clock = clock
    this.#interrupt = interrupt
    this.#clients = new Clients({
      origins: fleet.ports.nodes.map(port => `http://${host}:${port}`),
      clientCount: options.vusCount,
      level: options.level,
      seed: options.seed,
      lengthMs: options.lengthMs,
      nowMs: clock.nowMs,
    })
  }

  static async create(options: ChaosOptions, places: RunPlaces, interrupt: AbortSignal): Promise<Run> {
    const startMs = performance.now()
    const nowMs = () => performance.now() - startMs
    const log = join(places.directory, 'faults.log')
    const onNote = (line: string) => appendFileSync(log, `${(nowMs() / 1000).toFixed(3)} s  ${line}\n`)
    const fleet = await Fleet.create({ ...places, nowMs, onNote })
    return new Run(options, fleet, { nowMs, onNote }, interrupt)
  }

  async play(): Promise<ChaosResult> {
    const interrupted = new Promise<void>(resolve => {
      this.#interrupt.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([this.#fleet.start(), interrupted])
    this.#refuseWhenOver()
    this.#begin('faults', 'everything serves')
    this.#clients.start()
    await this.#playFaults()
    this.#begin('settling', 'everything is to be healed')
    await this.#injector.heal()
    const healedAtMs = this.#clock.nowMs()
    await this.#clients.stop()
    this.#refuseWhenOver()
    const settling = await settle({
      queue: () => queueCounts(this.#fleet.admin),
      nodesAreReady: () => nodesAreReady(this.#fleet.nodes),
      nowMs: () => this.#clock.nowMs() - healedAtMs,
      pause: durationMs => sleep(durationMs),
      isOver: () => this.#isOver,
    })
    this.#begin('comparing', `settled: ${JSON.stringify(settling)}`)
    const result = await this.#compare(settling)
    this.#refuseWhenOver()
    return result
  }

  /** What is still under way is given up. */
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
    const elapsedMs = this.#clock.nowMs()
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
    this.#phase = phase
    this.#clock.onNote(line)
  }

  get #isOver(): boolean {
    return this.#interrupt.aborted || this.#fleet.problem !== undefined
  }

  #refuseWhenOver(): void {
    this.#interrupt.throwIfAborted()
    if (this.#fleet.problem !== undefined) throw new StartProblem(this.#fleet.problem)
  }

  async #playFaults(): Promise<void> {
    const { lengthMs } = this.#options
    const beganMs = this.#clock.nowMs()
    this.#loadBeganMs = beganMs
    for (const { atMs, fault } of planFaults(this.#options)) {
      await this.#sleepUntil(beganMs + atMs)
      if (this.#isOver) return
      this.#injector.begin(fault)
    }
    await this.#sleepUntil(beganMs + lengthMs)
  }

  async #sleepUntil(untilMs: number): Promise<void> {
    // In steps, so that a process that does not come up again ends the run soon.
    while (!this.#isOver && this.#clock.nowMs() < untilMs) {
      const forMs = Math.min(tickMs, Math.max(1, untilMs - this.#clock.nowMs()))
      await sleep(forMs, undefined, { signal: this.#interrupt }).catch(() => {})
    }
  }

  async #compare(settling: Settling): Promise<ChaosResult> {
    const { payments, answers, wrongAnswers } = this.#clients
    const { deaths, crashes, coordinatorRecoveriesMs, coordinatorBytesPeak } = this.#fleet
    const onDone = (count: number) => {
      this.#comparedCount = count
    }
    const evidence = await collect(this.#fleet, payments, onDone, () => this.#isOver)
    return {
      verdict: judge({ ...evidence, deaths }),
      paymentCount: payments.length,
      acknowledgedCount: payments.filter(({ acks }) => acks.length > 0).length,
      faults: this.#injector.counts,
      skippedCount: this.#injector.skippedCount,
      answers,
      wrongAnswers,
      crashes,
      settling,
      coordinatorRecoveriesMs,
      coordinatorBytesPeak,
    }
  }
}

/** Milliseconds since the command began, and the log of what happened when. */
interface Clock {
  readonly nowMs: () => number
  readonly onNote: (line: string) => void
}

/** A seed for a run that was given none. */
export function chanceSeed(): number {
  return randomInt(2 ** 31)
}
