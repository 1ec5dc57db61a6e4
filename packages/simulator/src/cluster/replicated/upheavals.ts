import type { Prng } from '@rinha/base'
import type { SimulatedStream } from '@rinha/journal/simulated'
import type { World } from '../../world.ts'
import type { ShardNetwork } from '../network.ts'
import type { Plan } from '../plan.ts'
import type { Tally } from '../tally.ts'
import type { Trace } from '../trace.ts'
import type { LeaderLine } from './leader-line.ts'
import type { LogWatch } from './log-watch.ts'
import type { Machine } from './machines.ts'

export interface UpheavalsContext {
  readonly world: World
  readonly plan: Plan
  readonly prng: Prng
  readonly tally: Tally
  readonly trace: Trace
  readonly network: ShardNetwork
  readonly machines: readonly Machine[]
  readonly stream: SimulatedStream
  readonly line: LeaderLine
  readonly log: LogWatch
}

/** What can be done to processes. */
interface Hand {
  readonly leader: Machine | undefined
  kill(machine: Machine): void
  stop(machine: Machine): void
}

/** Counts of what happens to the log and to candidates. */
export const upheavalKinds = [
  'election of the log',
  'log full',
  'log in trouble',
  'log lags',
  'earlier leader of the log answers',
  'candidate cut off from the log',
  'candidate cut off from nodes',
  'candidates do not hear one another',
  'candidate stopped and continued',
  'leader stopped as it polls',
  'leader not heard as it polls',
  'candidate killed',
  'all candidates killed',
  'candidate told to stop',
] as const
type UpheavalKind = (typeof upheavalKinds)[number]

/** How often the one that leads is hit. */
const leaderChance = 0.7
const usual = { lagMsMax: 5, troubleChance: 0, staleChance: 0, isDown: false, isFull: false }

/** What goes wrong with a replicated log and its candidates, until all heals. */
export class Upheavals {
  readonly #context: UpheavalsContext
  readonly #hand: Hand
  #healed = false

  constructor(context: UpheavalsContext, hand: Hand) {
    this.#context = context
    this.#hand = hand
    Object.assign(context.stream, usual)
  }

  /** Something is wrong with the log itself. */
  get isLogTroubled(): boolean {
    const { isDown, isFull, troubleChance, staleChance } = this.#context.stream
    return isDown || isFull || troubleChance > 0 || staleChance > 0
  }

  begin(): void {
    const { world, plan, prng } = this.#context
    world.after(prng.unit() * 2 * plan.upheavalEveryMs, () => {
      if (this.#healed) return
      this.#happen(prng.pick(upheavalKinds))
      this.begin()
    })
  }

  heal(): void {
    this.#healed = true
    const { stream, line, machines } = this.#context
    Object.assign(stream, usual)
    Object.assign(line, { troubleChance: 0, isMute: false })
    for (const machine of machines) {
      this.#cut(machine, false)
      this.#context.network.isolate(machine.index, false)
    }
  }

  #happen(kind: UpheavalKind): void {
    const { prng, stream, line, machines, network, tally, trace } = this.#context
    const { leader } = this.#hand
    const machine = leader !== undefined && prng.chance(leaderChance) ? leader : prng.pick(machines)
    tally.faults[kind] += 1
    trace.note(kind, machine.index)
    switch (kind) {
      case 'election of the log':
        return this.#forAWhile(4000, 9000, isOn => Object.assign(stream, { isDown: isOn }))
      case 'log full':
        return this.#forAWhile(100, 4000, isOn => Object.assign(stream, { isFull: isOn }))
      case 'log in trouble': {
        const troubleChance = prng.pick([0.02, 0.3])
        return this.#forAWhile(500, 8000, isOn => {
          stream.troubleChance = line.troubleChance = isOn ? troubleChance : 0
        })
      }
      case 'log lags': {
        const lagMsMax = prng.pick([50, 500, 2000])
        return this.#forAWhile(500, 8000, isOn => {
          stream.lagMsMax = isOn ? lagMsMax : usual.lagMsMax
        })
      }
      case 'earlier leader of the log answers':
        return this.#forAWhile(500, 5000, isOn => Object.assign(stream, { staleChance: isOn ? 0.3 : 0 }))
      case 'candidate cut off from the log':
        return this.#forAWhile(100, prng.pick([2000, 12_000]), isOn => this.#cut(machine, isOn))
      case 'candidate cut off from nodes':
        return this.#forAWhile(100, 6000, isOn => network.isolate(machine.index, isOn))
      case 'candidates do not hear one another':
        return this.#forAWhile(500, 5000, isOn => Object.assign(line, { isMute: isOn }))
      case 'candidate stopped and continued':
        return machine.life?.process.stall(prng.integer(100, 8000))
      case 'leader stopped as it polls':
        return this.#atNextPoll(() => this.#hand.leader?.life?.process.stall(prng.integer(500, 8000)))
      case 'leader not heard as it polls':
        return this.#atNextPoll(() =>
          this.#forAWhile(1000, 3000, isOn => Object.assign(line, { isMute: isOn })),
        )
      case 'candidate killed':
        return this.#hand.kill(machine)
      case 'all candidates killed':
        for (const each of machines) this.#hand.kill(each)
        return
      case 'candidate told to stop':
        return this.#hand.stop(machine)
    }
  }

  /** When the intent of a poll is in the log, and the leader does not know it yet. */
  #atNextPoll(run: () => void): void {
    this.#context.log.onNextPoll(() => {
      if (!this.#healed) run()
    })
  }

  #forAWhile(msMin: number, msMax: number, set: (isOn: boolean) => void): void {
    set(true)
    this.#context.world.after(this.#context.prng.integer(msMin, msMax), () => {
      if (!this.#healed) set(false)
    })
  }

  #cut(machine: Machine, isCut: boolean): void {
    machine.isCut = isCut
    if (machine.life !== undefined) machine.life.connection.isCut = isCut
  }
}
