import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'
import type { ProcessPlan, Stage } from './layout.ts'
import { ClusterProblem } from './problem.ts'

/** A start is dominated by loading bundles on a busy machine: seconds, even there. */
const readyMsMax = 20_000
/** A little more than a service gives itself (10 s), so that it can report its own delay before it is killed. */
const stopMsMax = 11_000

export interface GroupOptions {
  /** Where the bundles are; by default, beside the one that runs now. */
  readonly bundleDirectory?: string
  /** Each line that a process writes. By default it goes to standard error, after the name of its process. */
  readonly onLine?: (name: string, line: string) => void
}

/** How a group came to its end: asked to, or with a line that says which process ended by itself, and how. */
export type GroupEnd = 'stopped' | { readonly broken: string }

/**
 * Processes that live and die together, in stages.
 *
 * starting: from {@link start}, stage after stage, each when the one before it serves.
 * serving: `start` has resolved.
 * stopping: from {@link stop}, or from a start that failed: the stages in reverse, each process with a deadline.
 * stopped: `stop` has resolved, and no process is left. A group is not started twice.
 *
 * Invariants:
 * 1. When `start` has rejected or `stop` has resolved, no process of the group runs.
 * 2. A process that ends although nobody asked is reported, at once, whatever the state; nobody waits for a deadline.
 */
export class ProcessGroup {
  /** Resolves at the first of: everything stopped because it was asked to; a process ended by itself. Never rejects. */
  readonly ended: Promise<GroupEnd>
  readonly #stages: readonly Stage[]
  readonly #directory: string
  readonly #onLine: (name: string, line: string) => void
  readonly #started: Child[][] = []
  #stopping: Promise<void> | undefined
  #end: (how: GroupEnd) => void = () => {}

  constructor(stages: readonly Stage[], options: GroupOptions = {}) {
    this.#stages = stages
    this.#directory = options.bundleDirectory ?? dirname(fileURLToPath(import.meta.url))
    this.#onLine = options.onLine ?? ((name, line) => process.stderr.write(`${name} | ${line}\n`))
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  /** Process ids of what was started, by name. */
  get pids(): ReadonlyMap<string, number> {
    return new Map(this.#started.flat().map(child => [child.name, child.pid ?? 0]))
  }

  /** Resolves when every process serves. Rejects with a {@link ClusterProblem}, and then nothing runs. */
  async start(): Promise<void> {
    // A process of an earlier stage may end while a later one waits for it.
    const brokenEarly = this.ended.then(how => {
      throw new ClusterProblem(how === 'stopped' ? 'stopped during the start' : how.broken)
    })
    brokenEarly.catch(() => {})
    try {
      for (const stage of this.#stages) {
        this.#refuseWhenStopping()
        const children: Child[] = []
        this.#started.push(children)
        for (const plan of stage) children.push(this.#startProcess(plan))
        await Promise.race([Promise.all(children.map(child => child.ready)), brokenEarly])
      }
      this.#refuseWhenStopping()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Stops the stages, last started first. Calling it again gives the same promise. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopStages()
    return this.#stopping
  }

  /** Kills what is left, at once. */
  kill(): void {
    for (const child of this.#started.flat()) child.kill()
    this.stop()
  }

  #refuseWhenStopping(): void {
    if (this.#stopping !== undefined) throw new ClusterProblem('stopped during the start')
  }

  #startProcess(plan: ProcessPlan): Child {
    const modulePath = join(this.#directory, plan.bundle)
    if (!existsSync(modulePath)) throw new ClusterProblem(`${modulePath} is missing: run "npm run build"`)
    // Information is for a process looked at alone; here five of them would drown what matters.
    const environment = { LOG_LEVEL: 'warn', ...process.env, ...plan.environment }
    const onLine = (line: string) => this.#onLine(plan.name, line)
    const child = new Child({ name: plan.name, modulePath, environment, readyMsMax, onLine })
    child.exit.then(how => {
      if (this.#stopping === undefined) this.#end({ broken: how })
    })
    return child
  }

  async #stopStages(): Promise<void> {
    for (const stage of this.#started.toReversed()) {
      await Promise.all(stage.map(child => child.stop(stopMsMax)))
    }
    this.#end('stopped')
  }
}
