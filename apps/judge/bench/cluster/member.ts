import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '@rinha/service'

type ChildEnd = Awaited<Child['ended']>

const startMsMax = 20_000
const stopMsMax = 12_000
/** A supervisor's pause. */
const restartMs = 200

export interface MemberPlan {
  readonly name: string
  readonly module: string
  readonly environment: Readonly<Record<string, string>>
  readonly onLine: (line: string) => void
  /** It has ended although nobody asked for it, and is started again. */
  readonly onEnd: (end: ChildEnd) => void
}

/** A process that is started again whenever it has ended by itself, as a supervisor does. */
export class Member {
  readonly name: string
  readonly #plan: MemberPlan
  #child: Child | undefined
  #isDown = true

  constructor(plan: MemberPlan) {
    this.name = plan.name
    this.#plan = plan
  }

  async start(): Promise<void> {
    const { name, module, environment, onLine } = this.#plan
    this.#isDown = false
    const child = new Child({
      name,
      program: { module },
      environment: { ...process.env, LOG_LEVEL: 'info', ...environment },
      onLine,
    })
    this.#child = child
    child.ended.then(end => {
      if (end.phase !== 'stopping') void this.#startAgain(end)
    })
    await child.ready(startMsMax)
  }

  /** SIGKILL, as of a machine that fails. It stays down until {@link start}. */
  async kill(): Promise<void> {
    this.#isDown = true
    await this.#child?.kill()
  }

  /** SIGTERM. It stays down until {@link start}. */
  async stop(): Promise<ChildEnd | undefined> {
    this.#isDown = true
    return this.#child?.stop(stopMsMax)
  }

  pause(forMs: number): void {
    this.#child?.pause(forMs)
  }

  resume(): void {
    this.#child?.resume()
  }

  async #startAgain(end: ChildEnd): Promise<void> {
    this.#plan.onEnd(end)
    await sleep(restartMs)
    // A start that fails is another end, which comes here too.
    if (!this.#isDown) await this.start().catch(() => {})
  }
}
