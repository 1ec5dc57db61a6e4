/**
 * What the kernel counts for a control group, by the words of its files, in both versions: v1 has a tree for each
 * controller, v2 one for all. A file that is not there leaves its figures out; nothing is filled in.
 */

/** The folders of a group's files. In v2 the three are the same. */
export interface CgroupPlace {
  readonly version: 1 | 2
  readonly cpu: string
  readonly cpuacct: string
  readonly memory: string
}

/** A group at one moment. Times and counts run from its creation; NaN is not known, and for a limit that there is none. */
export interface CgroupSample {
  readonly cpuMs: number
  readonly memoryBytes: number
  /** The kernel's own high-water mark; v2 has it since Linux 5.19. */
  readonly memoryMarkBytes: number
  readonly memoryBytesMax: number
  readonly cpusMax: number
  readonly periodCount: number
  readonly throttledCount: number
  readonly throttledMs: number
}

/**
 * The place of the group of a process, by `/proc/PID/cgroup`, under the mounts of `/proc/mounts`. A machine in between
 * mounts both; then those controllers that v1 holds are not in v2.
 */
export function cgroupPlace(membership: string, mounts: string): CgroupPlace | undefined {
  const lines = membership.split('\n').map(line => line.split(':'))
  const mounted = mounts.split('\n').map(line => line.split(' '))
  const inV1 = (controller: string): string | undefined => {
    const path = lines.find(([, controllers = '']) => controllers.split(',').includes(controller))?.[2]
    const mount = mounted.find(
      ([, , type, settings = '']) => type === 'cgroup' && settings.split(',').includes(controller),
    )?.[1]
    return path === undefined || mount === undefined ? undefined : mount + path
  }
  const [cpu, cpuacct, memory] = [inV1('cpu'), inV1('cpuacct'), inV1('memory')]
  if (cpu !== undefined && cpuacct !== undefined && memory !== undefined)
    return { version: 1, cpu, cpuacct, memory }
  const path = lines.find(([id, controllers]) => id === '0' && controllers === '')?.[2]
  const mount = mounted.find(([, , type]) => type === 'cgroup2')?.[1]
  if (path === undefined || mount === undefined) return undefined
  return { version: 2, cpu: mount + path, cpuacct: mount + path, memory: mount + path }
}

/** Reads a group through `read`, which answers undefined for a file that is not there. */
export function sampleCgroup(place: CgroupPlace, read: Read): CgroupSample {
  return place.version === 1 ? sampleV1(place, read) : sampleV2(place, read)
}

type Read = (path: string) => string | undefined

/** v1 prints 2^63 less a page if there is no limit. */
const v1NoLimitBytes = 2 ** 60

function sampleV1({ cpu, cpuacct, memory }: CgroupPlace, read: Read): CgroupSample {
  const stat = read(`${cpu}/cpu.stat`)
  const memoryBytesMax = numberIn(read(`${memory}/memory.limit_in_bytes`))
  const quotaUs = numberIn(read(`${cpu}/cpu.cfs_quota_us`))
  return {
    cpuMs: numberIn(read(`${cpuacct}/cpuacct.usage`)) / 1e6,
    memoryBytes: numberIn(read(`${memory}/memory.usage_in_bytes`)),
    memoryMarkBytes: numberIn(read(`${memory}/memory.max_usage_in_bytes`)),
    memoryBytesMax: memoryBytesMax > v1NoLimitBytes ? Number.NaN : memoryBytesMax,
    // A quota of -1 means that there is none.
    cpusMax: quotaUs < 0 ? Number.NaN : quotaUs / numberIn(read(`${cpu}/cpu.cfs_period_us`)),
    periodCount: fieldIn(stat, 'nr_periods'),
    throttledCount: fieldIn(stat, 'nr_throttled'),
    throttledMs: fieldIn(stat, 'throttled_time') / 1e6,
  }
}

function sampleV2({ cpu, memory }: CgroupPlace, read: Read): CgroupSample {
  const stat = read(`${cpu}/cpu.stat`)
  const [quotaUs, periodUs] = (read(`${cpu}/cpu.max`) ?? '').split(' ')
  return {
    cpuMs: fieldIn(stat, 'usage_usec') / 1000,
    memoryBytes: numberIn(read(`${memory}/memory.current`)),
    memoryMarkBytes: numberIn(read(`${memory}/memory.peak`)),
    // Without a limit these files contain "max", which is no number.
    memoryBytesMax: numberIn(read(`${memory}/memory.max`)),
    cpusMax: numberIn(quotaUs) / numberIn(periodUs),
    periodCount: fieldIn(stat, 'nr_periods'),
    throttledCount: fieldIn(stat, 'nr_throttled'),
    throttledMs: fieldIn(stat, 'throttled_usec') / 1000,
  }
}

function numberIn(text: string | undefined): number {
  return Number(/^-?\d+/.exec(text ?? '')?.[0])
}

/** The number on the line that begins with a name. */
function fieldIn(text: string | undefined, name: string): number {
  return numberIn(
    text
      ?.split('\n')
      .find(line => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  )
}
