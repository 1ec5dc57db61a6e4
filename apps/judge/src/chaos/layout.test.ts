import { describe, expect, test } from 'vitest'
import { linkTargets, planProcesses, portCount, portsFrom } from './layout.ts'

const numbers = Array.from({ length: portCount }, (_, index) => 20_001 + index)
const ports = portsFrom(numbers)
const plans = new Map(
  planProcesses(ports, 'a secret of the run', {
    bundleDirectory: '/dist',
    directory: '/data',
    hasJournal: true,
  })
    .flat()
    .map(plan => [plan.name, plan]),
)
const settings = (name: string) => plans.get(name)?.environment ?? {}

describe('the processes of a run', () => {
  test('start with the processors and end with the API nodes', () => {
    expect([...plans.keys()]).toEqual([
      'processor-default',
      'processor-fallback',
      'coordinator',
      'api1',
      'api2',
    ])
  })

  test('reach each other through proxies alone, each link through its own', () => {
    expect(settings('api1').COORDINATOR_PORT).toBe(`${ports.links.api1}`)
    expect(settings('api2').COORDINATOR_PORT).toBe(`${ports.links.api2}`)
    expect(settings('coordinator').PROCESSORS).toBe(
      `default=http://127.0.0.1:${ports.links.default}@0.05,fallback=http://127.0.0.1:${ports.links.fallback}@0.15`,
    )
  })

  test('listen where the proxies connect to', () => {
    expect(linkTargets(ports)).toEqual({
      api1: Number(settings('coordinator').CHANNEL_PORT),
      api2: Number(settings('coordinator').CHANNEL_PORT),
      default: Number(settings('processor-default').PORT),
      fallback: Number(settings('processor-fallback').PORT),
    })
  })

  test('have different ports, and use all ports that were found', () => {
    const { links, nodePorts, port, defaultPort, fallbackPort, channelPort, adminPort } = ports
    const own = [port, defaultPort, fallbackPort, channelPort, adminPort]
    expect([...own, ...nodePorts, ...Object.values(links)].toSorted()).toEqual(numbers)
    expect([settings('api1').NODE_PORT, settings('api2').NODE_PORT]).toEqual(nodePorts.map(String))
  })

  test('have a wall clock of their own that can be set, except the processors', () => {
    expect(settings('coordinator')).toMatchObject({
      NODE_OPTIONS: '--import file:///dist/stepped-clock.worker.mjs',
      CLOCK_OFFSET_FILE: '/data/coordinator.clock',
    })
    expect(settings('api1').CLOCK_OFFSET_FILE).toBe('/data/api1.clock')
    expect(settings('processor-default')).not.toHaveProperty('NODE_OPTIONS')
  })

  test('keep the journal in the folder of the run', () => {
    expect(settings('coordinator').JOURNAL_DIR).toBe('/data/journal')
  })
})
