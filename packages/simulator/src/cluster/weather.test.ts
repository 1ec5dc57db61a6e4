import { expect, test } from 'vitest'
import { SimProcessor } from '../processor.ts'
import { World, worldStartMs } from '../world.ts'
import { fairLine, Line } from './line.ts'
import { Network } from './network.ts'
import { drawPlan, type Plan } from './plan.ts'
import { PostedPayments } from './posted.ts'
import { emptyTally } from './tally.ts'
import { Trace } from './trace.ts'
import { Weather } from './weather.ts'

function rig(differences: Partial<Plan> = {}, seed = 1) {
  const plan = { ...drawPlan({ seed }), storminess: 0.6, ...differences }
  const world = new World(seed)
  const [trace, tally] = [new Trace(world), emptyTally()]
  const processors = [0, 1].map(index => new SimProcessor(world, { name: `processor-${index}` }))
  const posted = new PostedPayments(world.stream())
  const lines = processors.map(processor => new Line(world, processor, { plan, posted, trace, tally }))
  const network = new Network({ world, plan, trace, tally, secret: 1, door: () => undefined })
  const disk = { trouble: undefined as 'full' | 'broken' | undefined }
  let killedCount = 0
  const weather = new Weather(
    world,
    plan,
    {
      processors,
      lines,
      network,
      tally,
      wallClock: () => ({ errorMs: 0 }),
      stall: () => {},
      killNode: () => {
        killedCount += 1
      },
      disks: () => [disk] as never,
    },
    trace,
  )
  /** The settings of the weather, read every 100 ms for a time. */
  const watch = (forMs: number) => {
    const seen = { disks: new Set<unknown>(), lineFaults: new Set<string>(), networkMsMax: new Set<number>() }
    for (const endMs = world.nowMs + forMs; world.nowMs < endMs; ) {
      world.runUntil(world.nowMs + 100)
      seen.disks.add(disk.trouble)
      seen.networkMsMax.add(network.weather.delayMsMax)
      for (const line of lines) for (const { kind } of line.weather.faults) seen.lineFaults.add(kind)
    }
    return seen
  }
  return { weather, world, trace, tally, lines, network, disk, watch, killedCount: () => killedCount }
}

test('before it begins nothing is wrong, and nothing changes', () => {
  const { lines, network, trace, watch } = rig()
  expect(watch(60_000)).toEqual({
    disks: new Set([undefined]),
    lineFaults: new Set(),
    networkMsMax: new Set([0.5]),
  })
  expect([trace.eventCount, network.impostorChance]).toEqual([0, 0])
  expect(lines.map(({ weather }) => weather)).toEqual([fairLine, fairLine])
})

test('in a storm processors, lines, network and disk change again and again', () => {
  const { tally, trace, watch, weather } = rig({
    storminess: 0.9,
    diskTroubleChance: 0.5,
    impostorChance: 0.1,
  })
  weather.begin()
  const seen = watch(10 * 60_000)
  expect(seen.disks).toEqual(new Set([undefined, 'full', 'broken']))
  expect(seen.lineFaults.size).toBeGreaterThan(5)
  expect(seen.networkMsMax.size).toBeGreaterThan(20)
  expect(tally.faults['disk full']).toBeGreaterThan(0)
  expect(tally.faults['disk error']).toBeGreaterThan(0)
  expect(trace.eventCount).toBeGreaterThan(100)
})

test('the milder the plan, the less there is of it', () => {
  const partsOf = (storminess: number) => {
    const { lines, weather, world } = rig({ storminess })
    weather.begin()
    let [stormy, looks] = [0, 0]
    for (; looks < 2000; looks += 1) {
      world.runUntil(world.nowMs + 500)
      if (lines[0]?.weather !== fairLine) stormy += 1
    }
    return stormy / looks
  }
  const [mild, wild] = [partsOf(0.1), partsOf(0.9)]
  expect(mild).toBeLessThan(0.3)
  expect(wild).toBeGreaterThan(0.7)
})

test('once healed everything is fair, at once and for good', () => {
  const { disk, lines, network, trace, watch, weather, world } = rig({
    storminess: 0.9,
    diskTroubleChance: 0.9,
    impostorChance: 0.1,
    hostileEveryMs: 1000,
  })
  weather.begin()
  world.runUntil(worldStartMs + 60_000)
  network.refusesConnections = true
  weather.heal()
  expect([network.impostorChance, network.refusesConnections, disk.trouble]).toEqual([0, false, undefined])
  expect(lines.map(({ weather }) => weather)).toEqual([fairLine, fairLine])
  // Connections that hostile peers had begun may still come to their end.
  world.runUntil(world.nowMs + 60_000)
  const before = trace.eventCount
  expect(watch(10 * 60_000)).toEqual({
    disks: new Set([undefined]),
    lineFaults: new Set(),
    networkMsMax: new Set([0.5]),
  })
  expect(trace.eventCount).toBe(before)
})

test.each([0, 1, 10])('%i nodes die, as the plan says, all of them while there are faults', count => {
  const plan = { nodeDeathCount: count, faultMs: 30_000, hostileEveryMs: Number.POSITIVE_INFINITY }
  const { killedCount, weather, world } = rig(plan)
  weather.begin()
  world.runUntil(worldStartMs + 30_000)
  expect(killedCount()).toBe(count)
  world.runUntil(worldStartMs + 600_000)
  expect(killedCount()).toBe(count)
})

test('no hostile peer comes if the plan has none, and otherwise about as many as it says', () => {
  const comingIn = (hostileEveryMs: number) => {
    const { tally, weather, world } = rig({ hostileEveryMs, impostorChance: 0 })
    weather.begin()
    world.runUntil(worldStartMs + 200_000)
    return tally.faults['hostile connection']
  }
  expect(comingIn(Number.POSITIVE_INFINITY)).toBe(0)
  const count = comingIn(1000)
  expect(count).toBeGreaterThan(140)
  expect(count).toBeLessThan(270)
})

test('noise comes in spells, and in the calm with hiccups, from a stream of its own', () => {
  const quiet = rig({ noisy: false })
  const noisy = rig({ noisy: true })
  for (const { weather, watch } of [quiet, noisy]) {
    weather.begin()
    watch(60_000)
  }
  expect(quiet.tally.faults['spell of noise']).toBe(0)
  expect(noisy.tally.faults['spell of noise']).toBeGreaterThan(5)
  const calm = rig({ calmNoise: 'all' })
  calm.weather.calmNoise(calm.world.nowMs + 20_000)
  calm.watch(30_000)
  expect(calm.tally.faults.hiccup).toBeGreaterThan(2)
  expect(calm.tally.faults.hiccup).toBeLessThan(14)
})
