/**
 * What the kernel counts for a control group, by the words of its files, in both versions: v1 has a tree for each
 * controller, v2 one for all. A file that is not there leaves its figures out; nothing is filled in.
 */

/** Where a group's files are. In v2 the three are one directory. */
export interface CgroupPlace {
  readonly version: 1 | 2
  readonly cpu: string
  readonly cpuacct: string
  readonly memory: string
}

/** A group at one moment. Times and counts run from its creation. */
export interface CgroupSample {
  readonly cpuMs: number | undefined
  readonly memoryBytes: number | undefined
  /** The kernel's own high-water mark; v2 has it since Linux 5.19. */
  readonly memoryMarkBytes: number | undefined
  /** Undefined where there is no limit, too. */
  readonly memoryBytesMax: number | undefined
  readonly cpusMax: number | undefined
  readonly throttling: Throttling | undefined
}

export interface Throttling {
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
  const cpu = inV1('cpu')
  const cpuacct = inV1('cpuacct')
  const memory = inV1('memory')
  if (cpu !== undefined && cpuacct !== undefined && memory !== undefined)
    return { version: 1, cpu, cpuacct, memory }
  const path = lines.find(([id, controllers]) => id === '0' && controllers === '')?.[2]
  const mount = mounted.find(([, , type]) => type === 'cgroup2')?.[1]
  if (path === undefined || mount === undefined) return undefined
  return { version: 2, cpu: mount + path, cpuacct: mount + path, memory: mount + path }
}

/** Reads a group through `read`, which answers undefined for a file that is not there. */
export function sampleCgroup(place: CgroupPlace, read: (path: string) => string | undefined): CgroupSample {
  return place.version === 1 ? sampleV1(place, read) : sampleV2(place, read)
}

function sampleV1({ cpu, cpuacct, memory }: CgroupPlace, read: Read): CgroupSample {
  const cpuNs = numberIn(read(`${cpuacct}/cpuacct.usage`))
  const stat = fieldsOf(read(`${cpu}/cpu.stat`))
  const quotaUs = numberIn(read(`${cpu}/cpu.cfs_quota_us`))
  const periodUs = numberIn(read(`${cpu}/cpu.cfs_period_us`))
  const memoryBytesMax = numberIn(read(`${memory}/memory.limit_in_bytes`))
  return {
    cpuMs: cpuNs === undefined ? undefined : cpuNs / 1e6,
    memoryBytes: numberIn(read(`${memory}/memory.usage_in_bytes`)),
    memoryMarkBytes: numberIn(read(`${memory}/memory.max_usage_in_bytes`)),
    memoryBytesMax:
      memoryBytesMax === undefined || memoryBytesMax > v1NoLimitBytes ? undefined : memoryBytesMax,
    // A quota of -1 is none.
    cpusMax: quotaUs === undefined || periodUs === undefined || quotaUs < 0 ? undefined : quotaUs / periodUs,
    throttling: throttlingIn(stat, 'throttled_time', 1e6),
  }
}

function sampleV2({ cpu, memory }: CgroupPlace, read: Read): CgroupSample {
  const stat = fieldsOf(read(`${cpu}/cpu.stat`))
  const cpuUs = stat.get('usage_usec')
  const [quota, periodUs] = (read(`${cpu}/cpu.max`) ?? '').trim().split(' ')
  const quotaUs = numberIn(quota)
  return {
    cpuMs: cpuUs === undefined ? undefined : cpuUs / 1000,
    memoryBytes: numberIn(read(`${memory}/memory.current`)),
    memoryMarkBytes: numberIn(read(`${memory}/memory.peak`)),
    // Where there is no limit these say "max", which is no number.
    memoryBytesMax: numberIn(read(`${memory}/memory.max`)),
    cpusMax: quotaUs === undefined || periodUs === undefined ? undefined : quotaUs / Number(periodUs),
    throttling: throttlingIn(stat, 'throttled_usec', 1000),
  }
}

type Read = (path: string) => string | undefined

/** v1 says 2^63 less a page where there is no limit. */
const v1NoLimitBytes = 2 ** 60

function throttlingIn(
  stat: ReadonlyMap<string, number>,
  timeField: string,
  unitsPerMs: number,
): Throttling | undefined {
  const periodCount = stat.get('nr_periods')
  const throttledCount = stat.get('nr_throttled')
  const time = stat.get(timeField)
  if (periodCount === undefined || throttledCount === undefined || time === undefined) return undefined
  return { periodCount, throttledCount, throttledMs: time / unitsPerMs }
}

function numberIn(text: string | undefined): number | undefined {
  const match = /^-?\d+/.exec(text ?? '')
  return match === null ? undefined : Number(match[0])
}

/** Lines of a name and a number. */
function fieldsOf(text: string | undefined): ReadonlyMap<string, number> {
  const pairs = (text ?? '').split('\n').flatMap(line => {
    const [name, value] = line.split(' ')
    return name && value ? [[name, Number(value)] as const] : []
  })
  return new Map(pairs)
}
