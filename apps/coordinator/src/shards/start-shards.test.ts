import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { printCorrelationId } from '@rinha/payment'
import { freePorts, StartProblem } from '@rinha/service'
import { parseSettings } from '@rinha/settings'
import { listen, temporaryDirectory } from '@rinha/testing'
import { pino } from 'pino'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { coordinatorSchema } from '../settings.ts'
import {
  bearer,
  closeAll,
  connect,
  lines,
  pay,
  startTwins,
  tokens,
  totals,
  until,
  usualSettings,
} from '../testing.ts'
import { type RunningShards, startShards } from './start-shards.ts'

afterEach(closeAll)

async function start(environment: Record<string, string>) {
  const settings = parseSettings(coordinatorSchema, environment)
  if (!settings.ok) throw new Error(settings.error.join('\n'))
  const log = pino({ level: 'info' }, { write: line => lines.push(JSON.parse(line)) })
  const shards = await startShards(settings.value, log)
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= shards.stop()
    return stopped
  }
  onTestFinished(stop)
  return { ...shards, stop }
}

test('the shards of a process have a ledger each, and shard 0 alone polls the health of processors', async () => {
  const twins = await startTwins()
  const { coordinators, addresses } = await start({
    ...usualSettings(twins),
    ...{ SHARDS: '2', HEALTH_POLL_MS: '400' },
  })
  expect(Object.keys(addresses).toSorted()).toEqual(['admin0', 'admin1', 'channel0', 'channel1'])
  const nodes = await Promise.all(
    coordinators.map(({ channelPort }, index) => connect(channelPort, { index, count: 2 })),
  )
  const ids = nodes.flatMap((node, index) => pay(node, index + 1, 1990, { index, count: 2 }))
  const countsOf = async () =>
    Promise.all(nodes.map(async node => (await totals(node)).reduce((sum, { count }) => sum + count, 0)))
  await until(async () => `${await countsOf()}` === '1,2', 'each has settled its own')
  const foreign = printCorrelationId(ids[1] as Uint8Array)
  const shown = (index: number) =>
    fetch(`http://127.0.0.1:${coordinators[index]?.adminPort}/payments/${foreign}`, {
      headers: bearer(tokens.operator),
    })
  expect((await shown(1)).status).toBe(200)
  const detail = expect.stringMatching(/^This is shard 0 of 2, and the payment belongs to shard 1/)
  expect(await (await shown(0)).json()).toMatchObject({ status: 404, detail })
  const polledAgeMs = async () => {
    const url = `http://127.0.0.1:${coordinators[1]?.adminPort}/queue-status`
    const response = await fetch(url, { headers: bearer(tokens.operator) })
    return ((await response.json()) as { processors: { polledAgeMs: number | null }[] }).processors[0]
      ?.polledAgeMs
  }
  await until(async () => (await polledAgeMs()) != null, 'shard 1 was told of a poll')
  expect(lines.find(({ shard }) => shard === 1)).toBeDefined()
  // The client that asks shard 0 for health is none.
  const [shard0] = coordinators
  const ready = await (await fetch(`http://127.0.0.1:${shard0?.adminPort}/ready`)).json()
  expect(ready).toEqual({ status: 'ready', nodes: ['api1'] })
})

test('where one shard cannot start, none is left', async () => {
  const [channelPort = 0] = await freePorts(1)
  const blocking = createServer()
  onTestFinished(() => void blocking.close())
  await listen(blocking, '127.0.0.1')
  const taken = (blocking.address() as { port: number }).port
  const twins = await startTwins()
  const given = {
    ...usualSettings(twins),
    SHARDS: '2',
    ADMIN_PORT: `${taken - 1}`,
    CHANNEL_PORT: `${channelPort}`,
  }
  await expect(start(given)).rejects.toThrow(StartProblem)
  await expect(start({ ...given, ADMIN_PORT: '0' })).resolves.toBeDefined()
})

test('a journal is read by the shard that has written it, and no other', async () => {
  const twins = await startTwins()
  const directory = temporaryDirectory()
  const given = { ...usualSettings(twins), JOURNAL_DIR: directory }
  const [index, count] = [1, 4]
  const settle = async (shards: RunningShards, settledCount: number) => {
    const node = await connect(shards.coordinators[index]?.channelPort ?? 0, { index, count })
    pay(node, 1, 1990, { index, count })
    const countOf = async () => (await totals(node)).reduce((sum, total) => sum + total.count, 0)
    await until(async () => (await countOf()) === settledCount, 'it is settled')
  }
  const four = await start({ ...given, SHARDS: '4' })
  await settle(four, 1)
  await four.stop()
  const problems = [
    [
      { SHARDS: '1' },
      /holds those of several shards, and SHARDS=1\. .*reshard --from .* --to DIR --shards 1/,
    ],
    [{ SHARDS: '2' }, /holds shard 2 of more, and SHARDS=2/],
    [
      { SHARDS: '8', SHARD: '1', COORDINATORS: 'a:1' },
      /shard-1: it holds shard 1 of 4, and this is shard 1 of SHARDS=8/,
    ],
  ] as const
  for (const [environment, words] of problems)
    await expect(start({ ...given, ...environment })).rejects.toThrow(words)
  const again = await start({ ...given, SHARDS: '4' })
  await settle(again, 2)
  await again.stop()
  writeFileSync(join(directory, 'unfinished'), '')
  await expect(start({ ...given, SHARDS: '4' })).rejects.toThrow(/reshard, which did not finish/)
})

test('what was written by one coordinator is not begun anew by several', async () => {
  const twins = await startTwins()
  const given = { ...usualSettings(twins), JOURNAL_DIR: temporaryDirectory() }
  const one = await start(given)
  const node = await connect(one.coordinators[0]?.channelPort ?? 0)
  pay(node, 1)
  await until(() => node.unacknowledgedCount === 0, 'it is in the journal')
  await one.stop()
  await expect(start({ ...given, SHARDS: '4' })).rejects.toThrow(
    /holds the journal of a single shard, and SHARDS=4/,
  )
})
