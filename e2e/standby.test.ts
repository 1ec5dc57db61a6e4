import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../packages/testing/src/index.ts'
import { type Candidate, ReplicatedCluster } from './testing/replicated-cluster.ts'

/** What processors allow, less what two sockets' times may differ. */
const pollGapMsMin = 4990

describe.each([
  { shards: 1, nodes: 1 },
  { shards: 2, nodes: 2 },
])('shards: $shards', ({ shards, nodes }) => {
  let cluster: ReplicatedCluster

  beforeAll(async () => {
    cluster = await ReplicatedCluster.start({ shards, nodes })
  }, 60_000)

  afterAll(() => cluster?.stop())

  test('a leader is killed under load: the standby leads, nothing acknowledged is lost, and nothing is charged twice', async () => {
    const { leader, standby } = await cluster.roles()
    const load = cluster.load(200)
    await load.acknowledges(300)
    await cluster.polled()
    const killedAtMs = performance.now()
    leader.program.signal('SIGKILL')
    const atKillCount = load.acknowledged.length
    await until(() => cluster.leads(standby), 'the standby leads every shard')
    await load.acknowledges(300)
    await cluster.polled()
    const polledAtMs = performance.now()
    for (const shard of cluster.shardIndices)
      await until(
        async () => (await polledAgeMs(standby, shard)) < performance.now() - polledAtMs + 1000,
        `shard ${shard} knows of the poll`,
      )
    await load.stop()
    const first = load.acknowledged.slice(atKillCount).find(({ atMs }) => atMs > killedAtMs + 50)
    process.stderr.write(
      `SIGKILL: first acknowledgement after ${Math.round((first?.atMs ?? 0) - killedAtMs)} ms, stall ${load.stallMs} ms, failed ${load.failures.length}\n`,
    )
    expect(load.levels).toEqual(new Set(['ack=replicated']))
    await cluster.booksAgree(load)
    cluster.startAgain(leader)
    await cluster.steady()
  }, 120_000)

  test('a leader that is stopped hands over, and no request fails', async () => {
    const { leader, standby } = await cluster.roles()
    const load = cluster.load(200)
    await load.acknowledges(300)
    leader.program.signal('SIGTERM')
    expect(await leader.program.exit).toBe(0)
    await until(() => cluster.leads(standby), 'the standby leads every shard')
    await load.acknowledges(300)
    await load.stop()
    process.stderr.write(`SIGTERM: stall ${load.stallMs} ms, failed ${load.failures.length}\n`)
    expect(load.failures).toEqual([])
    await cluster.booksAgree(load)
    cluster.startAgain(leader)
    await cluster.steady()
  }, 120_000)

  test('what a person has set is in force at the next leader, and a standby says how far it is', async () => {
    const { leader, standby } = await cluster.roles()
    await cluster.admin(leader, '/pause', { method: 'POST', body: { processor: 'fallback' } })
    const changed = { PROCESSORS: cluster.feesOf('0.07'), QUEUE_WAIT_MS_MAX: 60_000 }
    await cluster.admin(leader, '/settings', { method: 'PATCH', body: changed })
    expect(await cluster.admin(standby, '/metrics')).toMatch(/^coordinator_leads(\{shard="0"\})? 0$/m)
    expect((await fetch(`http://localhost:${standby.adminPort}/ready`)).status).toBe(503)
    leader.program.signal('SIGKILL')
    await until(() => cluster.leads(standby), 'the standby leads every shard')
    expect(await cluster.admin(standby, '/metrics')).toMatch(/^coordinator_leads(\{shard="0"\})? 1$/m)
    expect(await cluster.admin(standby, '/queue-status')).toMatchObject({
      processors: [
        { name: 'default', paused: false },
        { name: 'fallback', paused: true },
      ],
    })
    const { settings } = (await cluster.admin(standby, '/settings')) as {
      settings: { name: string; value: unknown }[]
    }
    const shownValue = (wanted: string) => settings.find(({ name }) => name === wanted)?.value
    expect([shownValue('QUEUE_WAIT_MS_MAX'), `${shownValue('PROCESSORS')}`.includes('@0.07')]).toEqual([
      60_000,
      true,
    ])
    await cluster.admin(standby, '/resume', { method: 'POST', body: {} })
    cluster.startAgain(leader)
    await cluster.steady()
  }, 120_000)

  test('a leader that stood still while another one took over ends, and the other one goes on', async () => {
    const { leader, standby } = await cluster.roles()
    leader.program.signal('SIGSTOP')
    await until(() => cluster.leads(standby), 'the standby leads every shard')
    leader.program.signal('SIGCONT')
    expect(await leader.program.exit).toBe(1)
    expect(leader.program.output).toContain("no longer this process's")
    const load = cluster.load(50)
    await load.acknowledges(100)
    await load.stop()
    await cluster.booksAgree(load)
  }, 120_000)

  test('over all of it, nobody has asked for health within five seconds of another one', async () => {
    await until(() => cluster.pollGapsMs.length > 1, 'somebody has asked three times')
    expect(Math.min(...cluster.pollGapsMs)).toBeGreaterThan(pollGapMsMin)
  })

  async function polledAgeMs(candidate: Candidate, shard: number): Promise<number> {
    const { processors } = (await cluster.admin(candidate, '/queue-status', { shard })) as {
      readonly processors: readonly { readonly polledAgeMs: number | null }[]
    }
    return processors[0]?.polledAgeMs ?? Number.POSITIVE_INFINITY
  }
})
