import { Prng } from '@rinha/base'
import type { SimulatedDisk } from '@rinha/journal/simulated'
import { noNoise } from '@rinha/processor-model'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import { fairLine, type Line, type LineWeather, muteLine, wayStatuses } from './line.ts'
import type { Network } from './network.ts'
import { drawCalmNoise, drawNoise, hiccup } from './noise.ts'
import { type Plan, stallMsMax } from './plan.ts'
import type { WallClock } from './process.ts'
import { lineFaults, type Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { WireWeather } from './wire.ts'

/** The parts that the weather changes. */
export interface Sky {
  readonly processors: readonly SimProcessor[]
  readonly lines: readonly Line[]
  readonly network: Network
  readonly tally: Tally
  /** The clock of a coordinator's machine, of whichever where there are several. */
  wallClock(): WallClock
  /** A coordinator's event loop stands still. */
  stall(durationMs: number): void
  /** One of the API nodes dies, and comes back after a while. */
  killNode(): void
  /** That of each coordinator that has one. */
  disks(): readonly SimulatedDisk[]
}

const hiccupMs = 200
const delaysMs = [0, 0, 5, 20, 50, 100, 500, 1000, 2000, 5000]
const fairWires: WireWeather = { delayMsMin: 0.1, delayMsMax: 0.5, splitChance: 0.02 }

/**
 * The schedule of what goes wrong: every processor and the network change between fair and stormy at times of their own,
 * until all heals at once, and stays so.
 */
export class Weather {
  readonly #world: World
  readonly #prng: Prng
  readonly #stallPrng: Prng
  readonly #noisePrng: Prng
  readonly #lagPrng: Prng
  readonly #plan: Plan
  readonly #sky: Sky
  readonly #trace: Trace
  #healed = false

  constructor(world: World, plan: Plan, sky: Sky, trace: Trace) {
    this.#world = world
    this.#prng = world.stream()
    this.#plan = plan
    this.#stallPrng = new Prng(plan.seed)
    this.#noisePrng = new Prng(plan.seed)
    this.#lagPrng = new Prng(plan.seed)
    this.#sky = sky
    this.#trace = trace
    Object.assign(sky.network.weather, fairWires)
  }

  /** Nothing is wrong; every processor takes `delayMs`. */
  calm(delayMs: number): void {
    for (const processor of this.#sky.processors)
      processor.setStage({ delayMs, failing: false, noise: noNoise })
    for (const line of this.#sky.lines) line.weather = fairLine
    Object.assign(this.#sky.network.weather, fairWires)
  }

  /** Every payment is recorded, and only look-ups show it. */
  mute(): void {
    for (const line of this.#sky.lines) line.weather = muteLine
  }

  /** Noise from now on, of the kind that a lane has to carry on with, and hiccups: until {@link begin}. */
  calmNoise(endsAtMs: number): void {
    const { calmNoise } = this.#plan
    const noise = drawCalmNoise(this.#noisePrng)
    for (const processor of calmNoise === 'all' ? this.#sky.processors : this.#sky.processors.slice(0, 1)) {
      processor.setNoise(noise)
      const hiccups = () => {
        this.#world.after(this.#noisePrng.integer(3000, 8000), () => {
          if (this.#world.nowMs + hiccupMs >= endsAtMs) return
          this.#sky.tally.faults.hiccup += 1
          processor.setNoise(hiccup)
          this.#world.after(hiccupMs, () => processor.setNoise(noise))
          hiccups()
        })
      }
      hiccups()
    }
  }

  begin(): void {
    if (this.#plan.noisy) for (const index of this.#sky.processors.keys()) this.#changeNoise(index)
    for (const index of this.#sky.processors.keys()) this.#changeProcessor(index)
    for (const line of this.#sky.lines) line.healthIsStuck = this.#plan.healthIsStuck
    this.#changeNetwork()
    this.#breakWires()
    this.#sky.network.impostorChance = this.#plan.impostorChance
    this.#sendHostile()
    this.#killNodes()
    this.#changeDisk()
    this.#setClock()
    this.#stall()
  }

  heal(): void {
    this.#healed = true
    this.#trace.note('healed')
    this.#sky.network.impostorChance = 0
    this.#sky.network.refusesConnections = false
    for (const disk of this.#sky.disks()) this.#setDisk(disk, undefined)
    this.calm(this.#plan.healedDelayMs)
  }

  #changeProcessor(index: number): void {
    if (this.#healed) return
    const prng = this.#prng
    const stormy = prng.chance(this.#plan.storminess)
    const delayMs = stormy ? prng.pick(delaysMs) : prng.integer(0, 20)
    const failing = stormy && prng.chance(0.25)
    this.#sky.processors[index]?.setStage({ delayMs, failing })
    const line = this.#sky.lines[index]
    if (line !== undefined) line.weather = stormy ? this.#storm() : fairLine
    this.#trace.note('processor changes', index, delayMs, failing ? 1 : 0)
    this.#world.after(this.#spanMs(), () => this.#changeProcessor(index))
  }

  #changeNoise(index: number): void {
    if (this.#healed) return
    const prng = this.#noisePrng
    const isNoisy = prng.chance(0.7)
    this.#sky.processors[index]?.setNoise(isNoisy ? drawNoise(prng) : noNoise)
    if (isNoisy) this.#sky.tally.faults['spell of noise'] += 1
    this.#world.after(prng.integer(500, 10_000), () => this.#changeNoise(index))
  }

  #storm(): LineWeather {
    const prng = this.#prng
    const faults = Array.from({ length: prng.integer(0, 3) }, () => ({
      kind: prng.pick(lineFaults),
      // Now and then all of it is one kind: an outage, a storm of 429.
      chance: prng.chance(0.15) ? 1 : prng.unit() * this.#plan.faultChanceMax,
    }))
    const chance = () => (prng.chance(0.5) ? prng.unit() * this.#plan.faultChanceMax : 0)
    const wayStatus = prng.chance(0.1) ? prng.pick(wayStatuses) : undefined
    return {
      faults,
      lookUpFailsChance: chance(),
      lookUpStaleChance: chance(),
      lookUpLagMs: this.#plan.crashes ? this.#lagPrng.unit() * this.#plan.lookUpLagMsMax : 0,
      lookUpNonsenseChance: chance(),
      healthFailsChance: chance(),
      healthIsStuck: prng.chance(0.1),
      wayStatus,
    }
  }

  #changeNetwork(): void {
    if (this.#healed) return
    const prng = this.#prng
    const stormy = prng.chance(this.#plan.storminess)
    const delayMsMin = stormy ? prng.unit() * 20 : fairWires.delayMsMin
    const delayMsMax = delayMsMin + (stormy ? prng.unit() * 200 : fairWires.delayMsMax)
    Object.assign(this.#sky.network.weather, { delayMsMin, delayMsMax, splitChance: stormy ? 0.5 : 0.02 })
    this.#world.after(this.#spanMs(), () => this.#changeNetwork())
  }

  #breakWires(): void {
    if (this.#healed) return
    this.#world.after(this.#spanMs() / (1 + 4 * this.#plan.storminess), () => {
      if (this.#healed) return
      this.#sky.network.breakWire(this.#prng.chance(0.25))
      this.#breakWires()
    })
  }

  #sendHostile(): void {
    this.#recur(this.#prng, this.#plan.hostileEveryMs, () => this.#sky.network.connectHostile())
  }

  #killNodes(): void {
    for (let count = this.#plan.nodeDeathCount; count > 0; count -= 1) {
      this.#world.after(this.#prng.unit() * this.#plan.faultMs, () => this.#sky.killNode())
    }
  }

  #changeDisk(): void {
    if (this.#healed) return
    const isBad = this.#prng.chance(this.#plan.diskTroubleChance)
    const trouble = isBad ? (this.#prng.chance(0.5) ? 'full' : 'broken') : undefined
    const disks = this.#sky.disks()
    this.#setDisk(disks.length > 1 ? this.#prng.pick(disks) : disks[0], trouble)
    this.#world.after(this.#spanMs(), () => this.#changeDisk())
  }

  #setDisk(disk: SimulatedDisk | undefined, trouble: 'full' | 'broken' | undefined): void {
    if (disk === undefined || disk.trouble === trouble) return
    disk.trouble = trouble
    if (trouble !== undefined) this.#sky.tally.faults[trouble === 'full' ? 'disk full' : 'disk error'] += 1
    this.#trace.note('disk changes', trouble === undefined ? 0 : trouble === 'full' ? 1 : 2)
  }

  /** Wrong by any amount, either way. It is never put right: healing does not need it. */
  #setClock(): void {
    const { clockErrorMsMax } = this.#plan
    if (this.#healed || clockErrorMsMax === 0) return
    this.#world.after(this.#spanMs(), () => {
      if (this.#healed) return
      const { tally } = this.#sky
      const wallClock = this.#sky.wallClock()
      wallClock.errorMs = this.#prng.integer(-clockErrorMsMax, clockErrorMsMax)
      tally.faults['clock set'] += 1
      this.#trace.note('clock set', wallClock.errorMs)
      this.#setClock()
    })
  }

  #stall(): void {
    this.#recur(this.#stallPrng, this.#plan.stallEveryMs, () => {
      const durationMs = this.#stallPrng.integer(100, stallMsMax)
      this.#sky.tally.faults.stall += 1
      this.#trace.note('the coordinator stalls', durationMs)
      this.#sky.stall(durationMs)
    })
  }

  /** Calls `happen` every `everyMs` on average until the weather is healed; never if `everyMs` is Infinity. */
  #recur(prng: Prng, everyMs: number, happen: () => void): void {
    if (everyMs === Number.POSITIVE_INFINITY) return
    this.#world.after(prng.unit() * 2 * everyMs, () => {
      if (this.#healed) return
      happen()
      this.#recur(prng, everyMs, happen)
    })
  }

  #spanMs(): number {
    return this.#prng.integer(500, 10_000)
  }
}
