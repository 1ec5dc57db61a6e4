import type { World } from '../world.ts'
import type { Trace } from './trace.ts'

/** The most calls to processors that a coordinator may begin in one turn, because acknowledgements wait meanwhile. */
const callsPerTurnMax = 4

/** Observes one turn of a coordinator's event loop, which is one event of the world. */
export class TurnWatch {
  readonly #world: World
  readonly #trace: Trace
  #acceptedIn = -1
  #calledIn = -1
  #callCount = 0

  constructor(world: World, trace: Trace) {
    this.#world = world
    this.#trace = trace
  }

  onAccepted(): void {
    this.#acceptedIn = this.#world.eventCount
  }

  onCall(): void {
    const { eventCount } = this.#world
    if (this.#acceptedIn === eventCount)
      this.#trace.blame('protocol', 'a call begins before the payments of its turn are acknowledged')
    this.#callCount = this.#calledIn === eventCount ? this.#callCount + 1 : 1
    this.#calledIn = eventCount
    if (this.#callCount > callsPerTurnMax)
      this.#trace.blame('bounds', `${this.#callCount} calls to processors begin in one turn`)
  }
}
