import type { Time } from '@rinha/base'
import { Coordinator } from '@rinha/coordinator'
import { Engine } from '@rinha/engine'
import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import type { ProcessorClient } from '@rinha/processor'
import type { PolicyName } from '@rinha/routing'
import {
  engineOptions,
  SimClient,
  SimProcessor,
  SimThread,
  usualCallsPerSecond,
  World,
} from '@rinha/simulator'

/** The amount of every payment of a lesson. */
const amountCents = 1990

export interface BenchOptions {
  readonly policy?: PolicyName
  /** By default there are no audits. */
  readonly guardMs?: number
  readonly attemptTimeoutMs?: number
  readonly paymentCountMax?: number
  /** Takes a cure out: it stands between the coordinator and each processor. */
  readonly between?: (client: ProcessorClient) => ProcessorClient
  /** Takes a cure out: what the coordinator believes the time to be. */
  readonly time?: (world: World) => Time
}

/**
 * The setting of a lesson: the coordinator that ships, on a thread of its own, and the model of the two processors, in
 * virtual time. Nothing else of the simulator is used: no API nodes, and no faults other than those that a lesson makes.
 */
export class Bench {
  readonly world = new World(20)
  readonly processors: readonly [SimProcessor, SimProcessor]
  readonly engine: Engine
  readonly coordinator: Coordinator
  /** The ids that were posted, in their order, each with when. */
  readonly posted: { readonly correlationId: Uint8Array; readonly atMs: number }[] = []
  /** Each payment's time from its post to its settlement, in the order of the settlements. */
  readonly agesMs: number[] = []
  readonly #thread = new SimThread(this.world, usualCallsPerSecond)
  readonly #ids = this.world.stream()

  constructor(options: BenchOptions = {}) {
    const { world } = this
    const { policy = 'cheapest-working', guardMs = 0, attemptTimeoutMs = 10_000 } = options
    const { between = client => client, time = ({ time }) => time } = options
    this.processors = [
      new SimProcessor(world, { name: 'default' }),
      new SimProcessor(world, { name: 'fallback' }),
    ]
    const market = {
      feesBps: [500, 1500],
      audit: { everyMs: 10_000, lookBackMs: 15_000, guardMs, rule: 'sum-of-abs' },
      seed: world.seed,
    } as const
    const settings = engineOptions(policy, {}, market, options.paymentCountMax ?? 100_000)
    this.engine = new Engine({ ...settings, startedAt: time(world) })
    this.coordinator = new Coordinator(
      this.engine,
      { names: this.processors.map(({ name }) => name), purgeAllowed: false },
      {
        processors: this.processors.map(processor => {
          const client = new SimClient(world, processor, { attemptTimeoutMs, healthTimeoutMs: 15_000 })
          return this.#thread.client(between(client))
        }),
        time: () => time(world),
        timers: this.#thread.timers,
        onSettled: row => this.agesMs.push(world.nowMs - (this.posted[row]?.atMs ?? 0)),
      },
    )
    this.coordinator.start({ roomShort: false, refreshWindows: () => {} })
  }

  /** Milliseconds since the start. */
  get nowMs(): number {
    return this.world.time.nowMs
  }

  /** A new payment arrives at the coordinator, or at what a lesson puts in its place. */
  post(take: (record: Uint8Array) => void = record => this.accept(record)): void {
    const correlationId = Uint8Array.from({ length: 16 }, () => this.#ids.integer(0, 255))
    this.posted.push({ correlationId, atMs: this.world.nowMs })
    const record = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(record, 0, correlationId, amountCents)
    take(record)
  }

  accept(record: Uint8Array): void {
    this.#thread.run(() => this.coordinator.onPayments(record, 1))
  }

  /** Posts at an even rate from now on, for so long. */
  load(perSecond: number, seconds: number, take?: (record: Uint8Array) => void): void {
    for (let at = 0; at < perSecond * seconds; at += 1)
      this.world.after((at * 1000) / perSecond, () => this.post(take))
  }

  /** Changes the behaviour of a processor, so long from now. */
  stage(afterSeconds: number, processor: 0 | 1, delayMs: number, failing = false): void {
    this.world.after(afterSeconds * 1000, () => this.processors[processor].setStage({ delayMs, failing }))
  }

  /** Lets time pass, and looks once a second. */
  pass(seconds: number, look: (second: number) => number): readonly number[] {
    return Array.from({ length: seconds }, (_, second) => {
      this.world.runUntil(this.world.nowMs + 1000)
      return look(second)
    })
  }
}
