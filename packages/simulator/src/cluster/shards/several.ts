import type { SimProcessor } from '../../processor.ts'
import type { World } from '../../world.ts'
import type { Network } from '../network.ts'
import type { SimNode } from '../node.ts'
import type { Plan } from '../plan.ts'
import type { PostedPayments } from '../posted.ts'
import type { RunningCoordinator } from '../running-coordinator.ts'
import type { Tally } from '../tally.ts'
import type { Trace } from '../trace.ts'
import { Severances } from './severances.ts'
import { SumChecker } from './sum-checker.ts'
import { SumReaders } from './sum-readers.ts'

interface SeveralContext {
  readonly world: World
  /** Of all together. */
  readonly plan: Plan
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
  readonly network: Network
  readonly processors: readonly SimProcessor[]
  readonly nodes: readonly SimNode[]
  readonly shards: readonly {
    readonly running: Pick<RunningCoordinator, 'engine' | 'coordinator'> | undefined
    readonly summedAtMs: ReadonlyMap<string, number>
  }[]
}

/** Without faults: a poll is known to all within the second after which they ask, the second that they wait, and what calls take. */
const toldMsMax = 2500

/**
 * What a run with several shards has besides that of each:
 *   - single ways between nodes and shards are cut ({@link Severances});
 *   - sums over all shards are asked for ({@link SumReaders}), and those that are final never change ({@link SumChecker});
 *   - attempts under way at a processor are no more than the limit of all together, and a canary of each;
 *   - at the end every shard knows of each processor what shard 0 has been told.
 */
export class SeveralShards {
  readonly #context: SeveralContext
  readonly #sums: SumChecker
  readonly #readers: SumReaders
  readonly #severances: Severances

  constructor(context: SeveralContext) {
    this.#context = context
    const { world, shards } = context
    this.#sums = new SumChecker(context)
    const summedAtMs = shards.map(shard => shard.summedAtMs)
    this.#readers = new SumReaders({ ...context, sums: this.#sums, summedAtMs }, world.stream())
    this.#severances = new Severances(context, world.stream())
  }

  begin(): void {
    this.#readers.begin()
  }

  beginFaults(): void {
    this.#severances.begin()
  }

  heal(): void {
    this.#severances.heal()
  }

  check(): void {
    const { plan, shards, trace } = this.#context
    const countMax = Math.max(plan.inFlightCountMax, shards.length) + shards.length
    for (let processor = 0; processor < plan.processorCount; processor += 1) {
      const counts = shards.map(({ running }) => running?.engine.watch.underWay(processor) ?? 0)
      const count = counts.reduce((sum, each) => sum + each, 0)
      if (count > countMax)
        trace.blame('bounds', `all shards have ${count} attempts under way at processor ${processor}`)
    }
  }

  /** Everything is settled, and nothing has been wrong for a while. */
  finish(): void {
    const { shards } = this.#context
    this.#readers.stop()
    this.#sums.finish(shards.flatMap(({ running }) => running?.engine ?? []))
    const [lanes, ...others] = shards.map(({ running }) => running?.coordinator.status().processors)
    for (const [processor, lane] of (lanes ?? []).entries())
      for (const [index, other] of others.entries())
        this.#compare(index + 1, processor, lane, other?.[processor])
  }

  #compare(shard: number, processor: number, polled: Lane, told: Lane | undefined): void {
    const { reportedFailing, polledAgeMs } = polled
    if (polledAgeMs === null || polledAgeMs < toldMsMax || told === undefined) return
    const apartMs = Math.abs(polledAgeMs - (told.polledAgeMs ?? 0))
    if (told.reportedFailing === reportedFailing && apartMs <= toldMsMax) return
    this.#context.trace.blame(
      'poll',
      `shard 0 has polled processor ${processor} ${polledAgeMs} ms ago (failing: ${reportedFailing}), and shard ${shard} knows of ${told.polledAgeMs} ms ago (failing: ${told.reportedFailing})`,
    )
  }
}

type Lane = ReturnType<RunningCoordinator['coordinator']['status']>['processors'][number]
