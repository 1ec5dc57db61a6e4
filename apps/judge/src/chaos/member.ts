import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Child, ClusterProblem, type ProcessPlan } from '@rinha/local-cluster'

export interface MemberOptions {
  readonly bundleDirectory: string
  readonly logDirectory: string
  /** It ended although nobody asked. */
  readonly onCrash: (how: string) => void
  /** It was asked to stop and said that payments were lost with it, or it did not stop in order or in time. */
  readonly onGaveUp: () => void
}

const readyMsMax = 20_000
const stopMsMax = 12_000
/** What one process may write in all: a run of hours must not fill the disk. */
const logBytesMax = 64 * 1024 * 1024

/**
 * One process of the run, through all the times that it is started.
 *
 * down: at first, and after {@link kill}, {@link stop} or an end of its own. Left by {@link start}.
 * up: from `start` on, also before it is ready. Left when the process is gone.
 * paused: from {@link pause} to {@link resume}, or until it is killed.
 *
 * Invariant: a process that is paused is continued although this one may be killed meanwhile. It would otherwise stay
 * for ever: what ends the others when their parent is gone, a closed channel, it cannot notice.
 */
export class Member {
  readonly name: string
  readonly #plan: ProcessPlan
  readonly #options: MemberOptions
  #child: Child | undefined
  #paused = false
  #continuer: number | undefined
  #asked = false
  #logBytes = 0
  #memoryBytesPeak: number | undefined

  constructor(plan: ProcessPlan, options: MemberOptions) {
    this.name = plan.name
    this.#plan = plan
    this.#options = options
  }

  get isUp(): boolean {
    return this.#child !== undefined
  }

  /** The most memory any of its processes was seen with; undefined where the system does not say. */
  get memoryBytesPeak(): number | undefined {
    return this.#memoryBytesPeak
  }

  /** Resolves when it serves, with how long that took. Rejects with a {@link ClusterProblem}; then it is down. */
  async start(): Promise<number> {
    if (this.#child !== undefined) throw new ClusterProblem(`${this.name} runs already`)
    const modulePath = join(this.#options.bundleDirectory, this.#plan.bundle)
    if (!existsSync(modulePath)) throw new ClusterProblem(`${modulePath} is missing: run "npm run build"`)
    const startMs = performance.now()
    // Its last words are listened to, so the level is not the user's to set.
    const environment = { ...process.env, LOG_LEVEL: 'info', ...this.#plan.environment }
    const onLine = (line: string) => this.#log(line)
    const child = new Child({ name: this.name, modulePath, environment, readyMsMax, onLine })
    this.#child = child
    this.#asked = false
    let serving = false
    const gone = child.exit.then(how => {
      this.#log(how)
      this.#child = undefined
      this.#forgetPause()
      if (!this.#asked && serving) this.#options.onCrash(how)
    })
    try {
      await child.ready
      serving = true
      return performance.now() - startMs
    } catch (error) {
      this.#asked = true
      child.kill()
      await gone
      throw error
    }
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.lookAtMemory()
    this.#asked = true
    child.kill()
    await child.exit
  }

  /** SIGTERM, and SIGKILL where that takes too long. Resolves when it is gone. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.lookAtMemory()
    this.resume()
    this.#asked = true
    await child.stop(stopMsMax)
    if (!(await child.exit).endsWith('exit code 0')) this.#options.onGaveUp()
  }

  /** SIGSTOP. `durationMs` is for when this process is no more and nobody resumes it. */
  pause(durationMs: number): void {
    const pid = this.#child?.pid
    if (pid === undefined || this.#paused) return
    const seconds = ((durationMs + continueLateMs) / 1000).toFixed(2)
    const continuer = spawn('sh', ['-c', `sleep ${seconds}; kill -CONT ${pid}`], {
      detached: true,
      stdio: 'ignore',
    })
    continuer.on('error', error => this.#log(`nobody would continue it: ${error.message}`))
    // Without it, rather no pause.
    if (continuer.pid === undefined) return
    continuer.unref()
    this.#continuer = continuer.pid
    this.#paused = true
    signal(pid, 'SIGSTOP')
  }

  resume(): void {
    const pid = this.#child?.pid
    if (!this.#paused) return
    if (pid !== undefined) signal(pid, 'SIGCONT')
    this.#forgetPause()
  }

  /** The kernel keeps the mark, so a look now and then, and one before its end, misses little. */
  lookAtMemory(): void {
    const pid = this.#child?.pid
    if (pid === undefined) return
    try {
      const kibibytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
      if (kibibytes > 0) this.#memoryBytesPeak = Math.max(this.#memoryBytesPeak ?? 0, kibibytes * 1024)
    } catch {
      // No such system, or no such process any more.
    }
  }

  #forgetPause(): void {
    this.#paused = false
    // Its group: the shell and its sleep.
    if (this.#continuer !== undefined) signal(-this.#continuer, 'SIGKILL')
    this.#continuer = undefined
  }

  #log(line: string): void {
    if (this.#logBytes > logBytesMax) return
    this.#logBytes += line.length + 1
    const words =
      this.#logBytes > logBytesMax ? `nothing more is written: it has written ${logBytesMax} bytes` : line
    appendFileSync(join(this.#options.logDirectory, `${this.name}.log`), `${words}\n`)
    if (lostPattern.test(line)) this.#options.onGaveUp()
  }
}

/** How much later than we would the process is continued that we did not continue. */
const continueLateMs = 1000

/** An API node's last words when the coordinator did not take what it had. */
const lostPattern = /"lostCount":[1-9]/

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}
