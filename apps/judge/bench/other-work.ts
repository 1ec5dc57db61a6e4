import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** A span in which other work had a core, on the clock that `perf` records with `-k mono`. */
export interface Spell {
  readonly fromMs: number
  readonly toMs: number
  readonly name: string
}

/** A shorter span delays a payment by no more than the ordinary scheduling of the cores. */
const spellMsMin = 0.3

/**
 * What is not in a container and yet part of a deployment on this machine: Docker, the disk's and the network's work in the
 * kernel, and a core with nothing to do.
 */
const ours = /^(swapper|dockerd|docker-proxy|containerd|kworker|ksoftirqd|rcu_|migration)/

/**
 * Records which thread was on which core (Linux's sched_switch, so it needs root and `perf`). It reports the spans of
 * threads that belong to no container, to no kernel thread that serves one, and not to this process.
 */
export class Recording {
  readonly #file: string
  readonly #perf: ReturnType<typeof spawn>

  constructor(file: string) {
    this.#file = file
    const what = ['-q', '-k', 'mono', '-m', '4096', '-e', 'sched:sched_switch', '-a', '-o', file]
    this.#perf = spawn('perf', ['record', ...what], { stdio: 'ignore' })
  }

  /** Why there can be none; undefined where it can. */
  static problem(file: string): string | undefined {
    const what = ['-q', '-k', 'mono', '-e', 'sched:sched_switch', '-a', '-o', file, '--', 'true']
    const { error, status, stderr } = spawnSync('perf', ['record', ...what], { encoding: 'utf8' })
    if (error !== undefined) return error.message
    return status === 0 ? undefined : stderr.trim()
  }

  async stop(): Promise<readonly Spell[]> {
    if (!this.#perf.kill('SIGINT')) throw new Error('perf record ended by itself')
    await once(this.#perf, 'exit')
    const script = spawn('perf', ['script', '-i', this.#file, '--ns', '-F', 'cpu,time,trace'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ended = once(script, 'exit')
    const spells = await spellsOf(createInterface({ input: script.stdout }))
    const [code] = await ended
    if (code !== 0) throw new Error(`perf script ended with ${code}`)
    return spells
  }
}

async function spellsOf(lines: AsyncIterable<string>): Promise<readonly Spell[]> {
  const spells: Spell[] = []
  const foreign = new Map<number, boolean>()
  const running = new Map<
    string,
    { readonly fromMs: number; readonly name: string; readonly thread: number }
  >()
  for await (const line of lines) {
    const found = /\[(\d+)\]\s+([\d.]+):.*==> next_comm=(.*) next_pid=(\d+)/.exec(line)
    if (found === null) continue
    const [, core = '', seconds, name = '', thread] = found
    const atMs = Number(seconds) * 1000
    const before = running.get(core)
    running.set(core, { fromMs: atMs, name, thread: Number(thread) })
    if (before === undefined || atMs - before.fromMs < spellMsMin || ours.test(before.name)) continue
    const isForeign = foreign.get(before.thread) ?? isForeignThread(before.thread)
    foreign.set(before.thread, isForeign)
    if (isForeign) spells.push({ fromMs: before.fromMs, toMs: atMs, name: before.name })
  }
  return spells
}

/**
 * Threads that exited cannot be classified. They are counted as ours, which makes the remaining payments look slower,
 * not quicker.
 */
function isForeignThread(thread: number): boolean {
  try {
    if (readFileSync(`/proc/${thread}/cgroup`, 'utf8').includes('docker')) return false
    return !new RegExp(`^Tgid:\\s+${process.pid}$`, 'm').test(readFileSync(`/proc/${thread}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Whether something that went on from one moment to the other met one of the spells. */
export function meets(spells: readonly Spell[], fromMs: number, toMs: number): boolean {
  return spells.some(spell => spell.fromMs < toMs && spell.toMs > fromMs)
}
