import { noNoise } from '@rinha/processor-model'
import { outcomeOf } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { chaos } from '../chaos/command.ts'
import { TestCluster } from '../score/testing.ts'

let cluster: TestCluster
afterEach(() => cluster?.stop())

async function outcome(...options: readonly string[]) {
  cluster = await TestCluster.start()
  cluster.default.model.delayMs = 1
  return {
    holding: () => cluster.default.model.books.record(new Uint8Array(16), 100, Date.now()),
    play: () => outcomeOf(chaos, '--noise', ...cluster.argv, ...options),
  }
}

test('a run with more payments than processors remember does not begin', async () => {
  const { play } = await outcome('--rate', '5000', '--seconds', '61')
  const { code, stderr } = await play()
  expect(code).toBe(2)
  expect(stderr).toContain('--rate 5000 for --seconds 61 is not allowed: at most 300000 payments')
})

test('a cluster that holds payments is not touched, unless it is told to forget them', async () => {
  const { holding, play } = await outcome()
  holding()
  const { code, stderr } = await play()
  expect(code).toBe(1)
  expect(stderr).toContain('the cluster holds 1 payment; a purge forgets them')
  expect([cluster.purgedCount, cluster.default.model.books.count]).toEqual([0, 1])
  expect(cluster.settings).toEqual([])
})

test('without a coordinator that tells its guard no noise begins, and the token is not shown', async () => {
  const { play } = await outcome()
  const { code, stdout, stderr } = await play()
  expect(code).toBe(1)
  expect(stderr).toContain('no coordinator of this project answers at --admin http://127.0.0.1:1')
  expect(stdout).not.toContain('token')
  expect(cluster.default.model.noise).toEqual(noNoise)
})
