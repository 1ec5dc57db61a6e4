import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { cgroupPlace } from '../k6/cgroup.ts'
import type { Container } from '../k6/containers.ts'

/** Every process of a container, as this machine counts; none where its control group is not to be seen. */
function processesOf({ pid }: Container): readonly string[] {
  const place = cgroupPlace(read(`/proc/${pid}/cgroup`), read('/proc/mounts'))
  return place === undefined ? [] : lines(read(`${place.cpu}/cgroup.procs`))
}

/** How often the threads of a container have given up a core or lost it, since they began. */
export function contextSwitches(container: Container): number {
  let count = 0
  for (const pid of processesOf(container))
    for (const thread of threadsOf(pid))
      for (const [, found] of read(`/proc/${pid}/task/${thread}/status`).matchAll(/ctxt_switches:\s+(\d+)/g))
        count += Number(found)
  return count
}

/** System calls of a container in some seconds from now, by perf; NaN where that may not count them. */
export async function systemCalls(container: Container, seconds: number): Promise<number> {
  const pids = processesOf(container).join(',')
  const what = ['stat', '-x,', '-e', 'raw_syscalls:sys_enter', '-p', pids, '--', 'sleep', `${seconds}`]
  try {
    const { stderr } = await promisify(execFile)('perf', what)
    return Number.parseInt(lines(stderr).find(line => line.includes('raw_syscalls')) ?? '', 10)
  } catch {
    return Number.NaN
  }
}

/** CPU of the whole machine and of the children of this process that have ended, in milliseconds since its start. */
export function machineCpu(): {
  readonly busyMs: number
  readonly stolenMs: number
  readonly childrenMs: number
} {
  // In hundredths of a second, whatever the kernel's tick.
  const tickMs = 10
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, stolen = 0] =
    lines(read('/proc/stat'))[0]?.split(/\s+/).slice(1).map(Number) ?? []
  const own = read('/proc/self/stat')
    .replace(/^.*\) /, '')
    .split(' ')
  return {
    busyMs: (user + nice + system + irq + softIrq) * tickMs,
    stolenMs: stolen * tickMs,
    childrenMs: (Number(own[13]) + Number(own[14])) * tickMs,
  }
}

function threadsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const lines = (text: string) => text.split('\n').filter(line => line !== '')
