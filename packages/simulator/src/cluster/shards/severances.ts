import type { Prng } from '@rinha/base'
import type { World } from '../../world.ts'
import type { Network } from '../network.ts'
import type { SimNode } from '../node.ts'
import { machineCountOf, type Plan } from '../plan.ts'
import type { Tally } from '../tally.ts'
import type { Trace } from '../trace.ts'
import { askerName } from './asking.ts'
import { followerName } from './following.ts'

interface SeverancesContext {
  readonly world: World
  readonly plan: Plan
  readonly trace: Trace
  readonly tally: Tally
  readonly network: Network
  readonly nodes: readonly SimNode[]
}

const severedMsMin = 100
const severedMsMax = 6000

/** Single ways fail: from one node to one shard, from one shard to shard 0, or from shard 0 to another. All others go on. */
export class Severances {
  readonly #context: SeverancesContext
  readonly #prng: Prng
  readonly #severed = new Set<{ readonly caller: string; readonly shard: number }>()
  #healed = false

  constructor(context: SeverancesContext, prng: Prng) {
    this.#context = context
    this.#prng = prng
  }

  begin(): void {
    const { world, plan } = this.#context
    if (plan.severEveryMs === Number.POSITIVE_INFINITY) return
    world.after(this.#prng.unit() * 2 * plan.severEveryMs, () => {
      if (this.#healed) return
      this.#sever()
      this.begin()
    })
  }

  heal(): void {
    this.#healed = true
    for (const way of this.#severed) this.#join(way)
  }

  #sever(): void {
    const { world, plan, nodes, network, tally, trace } = this.#context
    const { count } = plan.shard
    const isFromShard = this.#prng.chance(1 / 3)
    const caller = isFromShard
      ? followerName(this.#prng.integer(1, count - 1), this.#prng.integer(0, machineCountOf(plan) - 1))
      : this.#prng.pick([...nodes.map(({ name }) => name), askerName])
    const shard = isFromShard ? 0 : this.#prng.integer(caller === askerName ? 1 : 0, count - 1)
    const isShard = isFromShard || caller === askerName
    tally.faults[isShard ? 'shard cut off from shard 0' : 'node cut off from a shard'] += 1
    trace.note(`${caller} is cut off`, shard)
    const way = { caller, shard }
    this.#severed.add(way)
    network.sever(caller, shard, this.#prng.chance(0.5))
    world.after(this.#prng.integer(severedMsMin, severedMsMax), () => this.#join(way))
  }

  #join(way: { readonly caller: string; readonly shard: number }): void {
    this.#severed.delete(way)
    const isStill = [...this.#severed].some(
      ({ caller, shard }) => caller === way.caller && shard === way.shard,
    )
    if (!isStill) this.#context.network.join(way.caller, way.shard)
  }
}
