import { describe, expect, test } from 'vitest'
import { cgroupPlace, sampleCgroup } from './cgroup.ts'

const lines = (...text: readonly string[]) => `${text.join('\n')}\n`

const v1Mounts = lines(
  'tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0',
  'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0',
  'cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0',
  'cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0',
)
const v2Mount = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nsdelegate 0 0'

describe('the place of a control group', () => {
  test('is a directory for each controller in v1, where two may share a mount', () => {
    const membership = lines(
      '5:cpuset:/docker/a',
      '4:memory:/docker/a',
      '2:cpu,cpuacct:/docker/a',
      '0::/docker/a',
    )
    const shared = '/sys/fs/cgroup/cpu,cpuacct/docker/a'
    expect(cgroupPlace(membership, v1Mounts)).toEqual({
      version: 1,
      cpu: shared,
      cpuacct: shared,
      memory: '/sys/fs/cgroup/memory/docker/a',
    })
  })

  test('is one directory in v2', () => {
    const path = '/sys/fs/cgroup/system.slice/docker-a.scope'
    expect(cgroupPlace(lines('0::/system.slice/docker-a.scope'), lines(v2Mount))).toEqual({
      version: 2,
      cpu: path,
      cpuacct: path,
      memory: path,
    })
  })

  test('is in v1 on a machine that mounts both, as long as the controllers are there', () => {
    const both = v1Mounts + lines('cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0')
    const membership = lines('4:memory:/docker/a', '2:cpuacct,cpu:/docker/a', '0::/docker/a')
    expect(cgroupPlace(membership, both)?.version).toBe(1)
    expect(cgroupPlace(lines('1:name=systemd:/elsewhere', '0::/docker/a'), both)).toMatchObject({
      version: 2,
      memory: '/sys/fs/cgroup/unified/docker/a',
    })
  })

  test('is not known where the process or the mounts cannot be seen', () => {
    expect(cgroupPlace('', v1Mounts)).toBeUndefined()
    expect(cgroupPlace(lines('0::/a'), '')).toBeUndefined()
  })
})

const reader = (files: Readonly<Record<string, string>>) => (path: string) => files[path]

describe('a look at a v1 group', () => {
  const place = { version: 1, cpu: '/c', cpuacct: '/a', memory: '/m' } as const
  const files = {
    '/a/cpuacct.usage': '1130012297\n',
    '/c/cpu.stat': 'nr_periods 24\nnr_throttled 18\nthrottled_time 363693046\nnr_bursts 0\nburst_time 0\n',
    '/c/cpu.cfs_quota_us': '50000\n',
    '/c/cpu.cfs_period_us': '100000\n',
    '/m/memory.usage_in_bytes': '52248576\n',
    '/m/memory.max_usage_in_bytes': '52428800\n',
    '/m/memory.limit_in_bytes': '52428800\n',
  }

  test('takes each figure from its file, in milliseconds, bytes and CPUs', () => {
    expect(sampleCgroup(place, reader(files))).toEqual({
      cpuMs: 1130.012297,
      memoryBytes: 52_248_576,
      memoryMarkBytes: 52_428_800,
      memoryBytesMax: 52_428_800,
      cpusMax: 0.5,
      periodCount: 24,
      throttledCount: 18,
      throttledMs: 363.693046,
    })
  })

  test('sees no limit in the numbers that stand for none', () => {
    const unlimited = { '/c/cpu.cfs_quota_us': '-1\n', '/m/memory.limit_in_bytes': '9223372036854771712\n' }
    expect(sampleCgroup(place, reader({ ...files, ...unlimited }))).toMatchObject({
      cpusMax: Number.NaN,
      memoryBytesMax: Number.NaN,
    })
  })
})

describe('a look at a v2 group', () => {
  const place = { version: 2, cpu: '/g', cpuacct: '/g', memory: '/g' } as const
  const files = {
    '/g/cpu.stat':
      'usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 40\nnr_throttled 4\nthrottled_usec 12500\n',
    '/g/cpu.max': '30000 100000\n',
    '/g/memory.current': '20971520\n',
    '/g/memory.peak': '31457280\n',
    '/g/memory.max': '62914560\n',
  }

  test('takes each figure from its file', () => {
    expect(sampleCgroup(place, reader(files))).toEqual({
      cpuMs: 2500,
      memoryBytes: 20_971_520,
      memoryMarkBytes: 31_457_280,
      memoryBytesMax: 62_914_560,
      cpusMax: 0.3,
      periodCount: 40,
      throttledCount: 4,
      throttledMs: 12.5,
    })
  })

  test('sees no limit in "max"', () => {
    const unlimited = { ...files, '/g/cpu.max': 'max 100000\n', '/g/memory.max': 'max\n' }
    expect(sampleCgroup(place, reader(unlimited))).toMatchObject({
      cpusMax: Number.NaN,
      memoryBytesMax: Number.NaN,
    })
  })

  test('leaves out figures without a file or a line, and does not guess them', () => {
    expect(sampleCgroup(place, reader({ '/g/cpu.stat': 'usage_usec 1000\n' }))).toEqual({
      cpuMs: 1,
      memoryBytes: Number.NaN,
      memoryMarkBytes: Number.NaN,
      memoryBytesMax: Number.NaN,
      cpusMax: Number.NaN,
      periodCount: Number.NaN,
      throttledCount: Number.NaN,
      throttledMs: Number.NaN,
    })
  })
})
