import { expect, test } from 'vitest'
import { readInspection } from './containers.ts'

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
