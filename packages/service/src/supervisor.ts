import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child, type ChildEnd } from './child.ts'
import { deathCountMax, deathsWithinMs, Restarts } from './restarts.ts'
import { StartProblem } from './run-service.ts'

/** A start is dominated by loading bundles on a busy machine: seconds, even there. */
const readyMsMax = 20_000
/** A little more than a service gives itself (10 s), so that it can report its own delay before it is killed. */
const stopMsMax = 11_000
/** A service that is hurried only has to close what it must. */
const hurryMsMax = 2000

/** How many lines of a process that is given up are shown. */
const lastLineCount = 5

/** One process and its arguments. */
export interface ProcessPlan {
  readonly name: string
  /** The bundle that it runs, by its file name. */
  readonly bundle: string
  readonly environment: Readonly<Record<string, string>>
}

export interface SupervisorOptions {
  /** The folder of the bundles; by default, that of the running one. */
  readonly bundleDirectory?: string
  /**
   * Called with each line that a process writes. By default the line goes to standard error, after the name of its process.
   */
  readonly onLine?: (name: string, line: string) => void
  /** Called when a process that served has ended although nobody asked for it. */
  readonly onCrash?: (name: string, end: ChildEnd) => void
  /**
   * If given, a process that ends by itself while all serve is started again, after a pause that grows ({@link Restarts}),
   * and this function gets a line about each event. A process that refuses to start (it exits by itself before it is ready)
   * is not started again, because its settings, or what it needs, will not change by themselves.
   */
  readonly onRestart?: (line: string) => void
}

/** How it came to its end: asked to, or with a line that says which process ended by itself, and how. */
export type SupervisorEnd = 'stopped' | { readonly broken: string }

/**
 * Starts processes in stages, watches them, and stops them in the reverse order. A stage starts when the one before it
 * serves, and stops before it does. A process that is down while the others serve can be started again.
 *
 * starting: from {@link start}, stage after stage.
 * serving: `start` has resolved. With `onRestart`, a process that ends is started again until it is given up.
 * stopping: from {@link stop}, or from a start that failed: the stages in reverse, each process with a deadline.
 * stopped: `stop` has resolved. There is no way back.
 *
 * Invariants:
 *   1. When `start` has rejected or `stop` has resolved, no process runs, and none is started any more.
 *   2. A process that ends although nobody asked is reported, at once, whatever the state; nobody waits for a deadline.
 *   3. A process that is given up is an end: {@link ended} says which, how it ended, and what it wrote last.
 */
export class Supervisor {
  /** Resolves at the first of: everything stopped because it was asked to; a process ended for good. Never rejects. */
  readonly ended: Promise<SupervisorEnd>
  readonly #stages: readonly (readonly ProcessPlan[])[]
  readonly #options: SupervisorOptions
  readonly #children = new Map<string, Child>()
  readonly #lastLines = new Map<string, readonly string[]>()
  readonly #restarts = new Restarts()
  readonly #pauses = new Set<NodeJS.Timeout>()
  #isServing = false
  #stopping: Promise<void> | undefined
  #end: (how: SupervisorEnd) => void = () => {}

  constructor(stages: readonly (readonly ProcessPlan[])[], options: SupervisorOptions = {}) {
    this.#stages = stages
    this.#options = options
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  /** The process of that name, as it was started last; undefined before its first start. */
  child(name: string): Child | undefined {
    return this.#children.get(name)
  }

  /** Resolves when every process serves. Rejects with a {@link StartProblem}, and then nothing runs. */
  async start(): Promise<void> {
    // A process of an earlier stage may end while a later one waits for it.
    const brokenEarly = this.ended.then(how => {
      throw new StartProblem(how === 'stopped' ? stoppedWords : how.broken)
    })
    brokenEarly.catch(() => {})
    try {
      for (const stage of this.#stages) {
        const children = stage.map(plan => this.#startProcess(plan))
        await Promise.race([Promise.all(children.map(child => child.ready(readyMsMax))), brokenEarly])
      }
      this.#refuseWhenStopping()
      this.#isServing = true
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * Starts a process that is down. Resolves when it serves; rejects with a {@link StartProblem}, and it is down. `log` is the
   * open file that its standard output goes to, in place of `onLine`.
   */
  async startAgain(name: string, log?: number): Promise<void> {
    const plan = this.#stages.flat().find(each => each.name === name)
    if (plan === undefined) throw new Error(`there is no process ${name}`)
    if (this.child(name)?.isRunning) throw new StartProblem(`${name} runs already`)
    const child = this.#startProcess(plan, log)
    try {
      await child.ready(readyMsMax)
    } catch (error) {
      await child.kill()
      throw error
    }
  }

  /** Stops the stages, last started first. Calling it again gives the same promise. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopStages()
    return this.#stopping
  }

  /** Tells every process once more to stop, which hurries a service, and kills the ones that are left after a while. */
  async hurry(): Promise<void> {
    for (const child of this.#children.values()) child.signal('SIGTERM')
    const deadline = setTimeout(() => this.kill(), hurryMsMax)
    await this.stop()
    clearTimeout(deadline)
  }

  /** Kills all that are left, at once. */
  kill(): Promise<void> {
    for (const child of this.#children.values()) child.kill()
    return this.stop()
  }

  #refuseWhenStopping(): void {
    if (this.#stopping !== undefined) throw new StartProblem(stoppedWords)
  }

  #startProcess(plan: ProcessPlan, log?: number): Child {
    const { name, bundle, environment } = plan
    this.#refuseWhenStopping()
    const { bundleDirectory = dirname(fileURLToPath(import.meta.url)), onLine, onCrash } = this.#options
    const module = join(bundleDirectory, bundle)
    if (!existsSync(module)) throw new StartProblem(`${module} is missing: run "npm run build"`)
    const child = new Child({
      name,
      program: { module },
      ...(log === undefined ? {} : { log }),
      // Log lines of level info are useful for one process; from five processes they would hide what matters.
      environment: { LOG_LEVEL: 'warn', ...process.env, ...environment },
      onLine: line => {
        this.#lastLines.set(name, [...(this.#lastLines.get(name) ?? []), line].slice(-lastLineCount))
        if (onLine === undefined) process.stderr.write(`${name} | ${line}\n`)
        else onLine(name, line)
      },
    })
    this.#children.set(name, child)
    child.ended.then(end => {
      if (end.phase === 'serving') onCrash?.(name, end)
      if (end.phase !== 'stopping') this.#ended(plan, end)
    })
    return child
  }

  #ended(plan: ProcessPlan, { phase, code, words }: ChildEnd): void {
    if (!this.#isServing || this.#options.onRestart === undefined) return this.#end({ broken: words })
    if (phase === 'starting' && code !== null)
      return this.#giveUp(plan, `${words}, when it was started again`)
    this.#died(plan, words)
  }

  #died(plan: ProcessPlan, words: string): void {
    if (this.#stopping !== undefined) return
    const next = this.#restarts.died(plan.name, performance.now())
    const within = `within ${deathsWithinMs / 1000} s`
    if (next === undefined) return this.#giveUp(plan, `${words}, for the ${deathCountMax}th time ${within}`)
    const { pauseMs, deathCount } = next
    this.#options.onRestart?.(
      `${words}. It is started again in ${pauseMs} ms (death ${deathCount} of ${deathCountMax} ${within}).`,
    )
    const pause = setTimeout(() => {
      this.#pauses.delete(pause)
      this.#startDead(plan)
    }, pauseMs)
    this.#pauses.add(pause)
  }

  async #startDead(plan: ProcessPlan): Promise<void> {
    const before = this.child(plan.name)
    try {
      await this.startAgain(plan.name)
      this.#options.onRestart?.(`${plan.name} serves again.`)
    } catch (error) {
      if (!(error instanceof StartProblem)) throw error
      const child = this.child(plan.name)
      // A process that ended by itself is handled by its own listener. One that was late, or whose bundle is missing, is
      // not.
      if (child === before || (await child?.ended)?.phase === 'stopping') this.#died(plan, error.message)
    }
  }

  #giveUp({ name }: ProcessPlan, words: string): void {
    const said = (this.#lastLines.get(name) ?? []).map(line => `\n  ${line}`).join('')
    this.#end({
      broken: `${words}. It is given up. ${said === '' ? 'It wrote nothing.' : `It wrote last:${said}`}`,
    })
  }

  async #stopStages(): Promise<void> {
    for (const pause of this.#pauses) clearTimeout(pause)
    for (const stage of this.#stages.toReversed()) {
      await Promise.all(stage.map(({ name }) => this.child(name)?.stop(stopMsMax)))
    }
    this.#end('stopped')
  }
}

const stoppedWords = 'stopped during the start'
