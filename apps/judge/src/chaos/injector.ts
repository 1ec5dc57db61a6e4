import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from './fleet.ts'
import { type Fault, faultLine, faultName, type Target, targetNames } from './plan.ts'

/** The parts that faults are injected into. */
export type FaultTargets = Pick<
  Fleet,
  | 'kill'
  | 'stop'
  | 'startAgain'
  | 'pause'
  | 'resume'
  | 'stepClock'
  | 'disturb'
  | 'trouble'
  | 'heal'
  | 'giveUp'
>

/**
 * Does what the plan says, to the fleet. A fault whose target is still busy with an earlier one (a process that took
 * longer to come back than the plan allowed) is skipped and counted.
 *
 * Invariants:
 *   1. Every fault begun is also ended, by its time or by {@link heal}, whichever is first.
 *   2. One process, link or processor has one fault at a time.
 */
export class Injector {
  /** Faults done, by kind. */
  readonly counts = new Map<string, number>()
  readonly #fleet: FaultTargets
  readonly #onNote: (line: string) => void
  readonly #busy = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  readonly #healing = new AbortController()
  #skippedCount = 0

  constructor(fleet: FaultTargets, onNote: (line: string) => void) {
    this.#fleet = fleet
    this.#onNote = onNote
  }

  get skippedCount(): number {
    return this.#skippedCount
  }

  /** What goes wrong at this moment: `api1`, `link default`. */
  get busy(): readonly string[] {
    return [...this.#busy]
  }

  /** Begins a fault, and returns. */
  begin(fault: Fault): void {
    const names = targetNames(fault)
    if (names.some(name => this.#busy.has(name))) {
      this.#skippedCount += 1
      return this.#onNote(`skipped, its target is busy: ${faultLine(fault)}`)
    }
    this.#onNote(faultLine(fault))
    this.counts.set(faultName(fault), (this.counts.get(faultName(fault)) ?? 0) + 1)
    for (const name of names) this.#busy.add(name)
    const running = this.#perform(fault)
      .catch(error => this.#fleet.giveUp(`${faultLine(fault)}: ${String(error)}`))
      .finally(() => {
        for (const name of names) this.#busy.delete(name)
        this.#running.delete(running)
      })
    this.#running.add(running)
  }

  /** Ends every fault now, and resolves when everything is up and clean. No fault begins after it. */
  async heal(): Promise<void> {
    this.#healing.abort()
    await Promise.all(this.#running)
    await this.#fleet.heal()
  }

  async #perform(fault: Fault): Promise<void> {
    const fleet = this.#fleet
    switch (fault.kind) {
      case 'kill':
        await fleet.kill(fault.targets.map(({ name }) => name))
        return this.#afterwards(fault.targets, name => fleet.startAgain(name, 'kill'))
      case 'restart':
        await Promise.all(fault.targets.map(({ name }) => fleet.stop(name)))
        return this.#afterwards(fault.targets, name => fleet.startAgain(name, 'stop'))
      case 'fullLog':
        for (const { name } of fault.targets) {
          await fleet.stop(name)
          await fleet.startAgain(name, 'stop', 'full')
        }
        return this.#afterwards(fault.targets, async name => {
          await fleet.stop(name)
          await fleet.startAgain(name, 'stop')
        })
      case 'clock':
        for (const { name } of fault.targets) fleet.stepClock(name, fault.how.offsetMs)
        return this.#afterwards(fault.targets, name => fleet.stepClock(name, 0))
      case 'pause':
        for (const { name, forMs } of fault.targets) fleet.pause(name, forMs)
        return this.#afterwards(fault.targets, name => fleet.resume(name))
      case 'link':
        for (const { name } of fault.targets) {
          // Half-open is about new connections; kept ones would go on as if nothing were.
          if (fault.how.kind === 'halfOpen') await fleet.disturb(name, { kind: 'reset' })
          await fleet.disturb(name, fault.how)
        }
        return this.#afterwards(fault.targets, name => fleet.disturb(name, undefined))
      case 'processor':
        for (const { name } of fault.targets) await fleet.trouble(name, fault.how)
        return this.#afterwards(fault.targets, name => fleet.trouble(name, undefined))
    }
  }

  /** Undoes it to each target when its time is over, or at once when everything is healed. */
  async #afterwards<Name>(
    targets: readonly Target<Name>[],
    undo: (name: Name) => Promise<void> | void,
  ): Promise<void> {
    const afterwards = async ({ name, forMs }: Target<Name>) => {
      await sleep(forMs, undefined, { signal: this.#healing.signal }).catch(() => {})
      await undo(name)
    }
    await Promise.all(targets.map(afterwards))
  }
}
