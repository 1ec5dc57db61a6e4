import { setTimeout as sleep } from 'node:timers/promises'
import type { ProxyFault } from '@rinha/fault-proxy'
import {
  type Fault,
  faultLine,
  faultName,
  type Kill,
  type LinkName,
  type ProcessName,
  type ProcessorName,
  type ProcessorTrouble,
} from './plan.ts'

/** What faults are done to: the fleet. */
export interface FaultTargets {
  member(name: ProcessName): {
    stop(): Promise<void>
    pause(durationMs: number): void
    resume(): void
  }
  kill(names: readonly ProcessName[]): Promise<void>
  startAgain(name: ProcessName, after: 'kill' | 'stop'): Promise<void>
  proxy(link: LinkName): { setFault(fault: ProxyFault | undefined): Promise<void> }
  trouble(name: ProcessorName, trouble: ProcessorTrouble | undefined): Promise<void>
  heal(): Promise<void>
  giveUp(reason: string): void
}

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
    const names = targetsOf(fault)
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
    switch (fault.kind) {
      case 'kill': {
        await this.#fleet.kill(fault.kills.map(({ process }) => process))
        const back = async ({ process, downMs }: Kill) => {
          await this.#wait(downMs)
          await this.#fleet.startAgain(process, 'kill')
        }
        await Promise.all(fault.kills.map(back))
        return
      }
      case 'restart':
        await this.#fleet.member(fault.process).stop()
        await this.#wait(fault.downMs)
        return this.#fleet.startAgain(fault.process, 'stop')
      case 'pause': {
        const member = this.#fleet.member(fault.process)
        member.pause(fault.durationMs)
        await this.#wait(fault.durationMs)
        return member.resume()
      }
      case 'link': {
        const proxy = this.#fleet.proxy(fault.link)
        // Half-open is about new connections; kept ones would go on as if nothing were.
        if (fault.fault.kind === 'halfOpen') await proxy.setFault({ kind: 'reset' })
        await proxy.setFault(fault.fault)
        await this.#wait(fault.durationMs)
        return proxy.setFault(undefined)
      }
      case 'processor':
        await this.#fleet.trouble(fault.processor, fault.trouble)
        await this.#wait(fault.durationMs)
        return this.#fleet.trouble(fault.processor, undefined)
    }
  }

  async #wait(durationMs: number): Promise<void> {
    await sleep(durationMs, undefined, { signal: this.#healing.signal }).catch(() => {})
  }
}

function targetsOf(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case 'kill':
      return fault.kills.map(({ process }) => process)
    case 'restart':
    case 'pause':
      return [fault.process]
    case 'link':
      return [`link ${fault.link}`]
    case 'processor':
      return [`processor ${fault.processor}`]
  }
}
