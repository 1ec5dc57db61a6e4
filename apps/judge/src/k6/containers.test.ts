import { expect, test } from 'vitest'
import { ContainerWatch, readInspection } from './containers.ts'

test('containers are known by their service, or by their name where compose did not make them', () => {
  const inspected = [
    {
      Name: '/p-haproxy-1',
      State: { Pid: 12 },
      Config: { Labels: { 'com.docker.compose.service': 'haproxy' } },
    },
    { Name: '/api1', State: { Pid: 10 }, Config: { Labels: {} } },
  ]
  expect(readInspection(JSON.stringify(inspected))).toEqual([
    { service: 'api1', pid: 10 },
    { service: 'haproxy', pid: 12 },
  ])
})

test('a container is watched by the control group of its process, and one that cannot be seen has a reason', () => {
  const watch = new ContainerWatch([
    { service: 'gone', pid: 2 ** 30 },
    { service: 'this', pid: process.pid },
  ])
  watch.start()
  watch.stop()
  const [gone, here] = watch.usages()
  expect(gone).toEqual({ service: 'gone', usage: { reason: expect.stringContaining('not to be seen') } })
  // Where this test runs without control groups, it is no container either.
  expect(here?.usage).toEqual(
    'reason' in (here?.usage ?? {})
      ? { reason: expect.stringContaining('not to be seen') }
      : expect.objectContaining({ cpuSeconds: expect.any(Number), memoryBytesPeak: expect.any(Number) }),
  )
})
