import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { readCompose } from './compose-file.ts'
import { composeProblems, submissionProblems } from './compose-rules.ts'
import { cpuNanosOf, memoryBytesOf } from './resources.ts'

const deployed = readFileSync(new URL('../../../../docker-compose.yml', import.meta.url), 'utf8')

/** A file that breaks no rule and has no more than it needs to. */
function smallest() {
  const service = (image: string, cpus: string, memory: string, networks: string[]) => ({
    image,
    platform: 'linux/amd64',
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    networks,
    deploy: { resources: { limits: { cpus, memory } } },
  })
  return {
    services: {
      balancer: { ...service('haproxy:3.0', '0.1', '50MB', ['ours']), ports: ['9999:9999'] },
      web1: service('a/web', '0.2', '100MB', ['ours']),
      web2: service('a/web', '0.2', '100MB', ['ours']),
      brain: service('a/brain', '1.0', '100MB', ['ours', 'payment-processor']),
    },
    networks: { ours: {}, 'payment-processor': { external: true } },
  }
}

type Change = (compose: ReturnType<typeof smallest>) => unknown

function problemsAfter(change: Change, look = composeProblems): readonly string[] {
  const compose = smallest()
  change(compose)
  const read = readCompose(stringify(compose))
  return read.ok ? look(read.value) : read.error
}

test('the compose file of this project breaks no rule, and uses all that it may', () => {
  const read = readCompose(deployed)
  expect(read.ok ? composeProblems(read.value) : read.error).toEqual([])
  const { services } = parse(deployed, { merge: true }) as ReturnType<typeof smallest>
  const limits = Object.values(services).map(service => service.deploy.resources.limits)
  expect(limits.reduce((sum, { cpus }) => sum + (cpuNanosOf(cpus) ?? 0), 0)).toBe(1.5e9)
  expect(limits.reduce((sum, { memory }) => sum + (memoryBytesOf(memory) ?? 0), 0)).toBe(350 * 1024 * 1024)
})

test('the smallest file breaks no rule either', () => {
  expect(problemsAfter(() => {})).toEqual([])
  expect(problemsAfter(() => {}, submissionProblems)).toEqual([])
})

const set = (name: 'balancer' | 'web1' | 'web2' | 'brain', fields: object): Change => {
  return compose => Object.assign(compose.services[name], fields)
}
const limit = (limits: object) => set('web1', { deploy: { resources: { limits } } })

describe('each rule is seen to be broken', () => {
  const cases: readonly (readonly [what: string, change: Change, words: string])[] = [
    ['no service', compose => Object.assign(compose, { services: {} }), 'services: there is none'],
    ['a hair more CPU', limit({ cpus: '0.201', memory: '100MB' }), 'add up to 1.501: at most 1.5'],
    ['a MB more', limit({ cpus: '0.2', memory: '101MB' }), 'add up to 351 MB: at most 350 MB'],
    ['a gigabyte', limit({ cpus: '0.2', memory: '1g' }), 'add up to 1274 MB'],
    ['no CPU limit', limit({ memory: '1MB' }), 'web1: deploy.resources.limits.cpus is missing'],
    ['no memory limit', limit({ cpus: '0.1' }), 'web1: deploy.resources.limits.memory is missing'],
    ['CPUs that are none', limit({ cpus: 'half', memory: '1MB' }), 'limits.cpus "half" is not allowed'],
    ['memory that is none', limit({ cpus: '0.1', memory: 'lots' }), 'limits.memory "lots" is not allowed'],
    ['another port', set('balancer', { ports: ['8080:9999'] }), 'port 9999 is not published'],
    ['a port on this machine only', set('balancer', { ports: ['127.0.0.1:9999:9999'] }), 'not published'],
    ['a port that Docker chooses', set('balancer', { ports: ['9999'] }), 'not published'],
    ['the port twice', set('web1', { ports: ['9999:9999'] }), 'more than once: balancer, web1'],
    ['one web instance', compose => Object.assign(compose.services.web2, { image: 'b' }), 'there is 1'],
    ['an instance out of reach', set('web2', { networks: ['payment-processor'] }), 'there is 1'],
    ['host networking', set('web1', { network_mode: 'host' }), 'web1: network_mode host is not allowed'],
    ['an overlay', compose => Object.assign(compose.networks.ours, { driver: 'overlay' }), 'driver overlay'],
    ['privileges', set('brain', { privileged: true }), 'brain: privileged is not allowed'],
    ['replicas', compose => Object.assign(compose.services.web1.deploy, { replicas: 2 }), 'deploy.replicas'],
    ['scale', set('web1', { scale: 2 }), 'web1: scale is not allowed'],
    ['no platform', set('web1', { platform: undefined }), 'web1: platform must be linux/amd64'],
    ['another platform', set('web1', { platform: 'linux/arm64' }), 'web1: platform must be linux/amd64'],
    ['no image', set('brain', { image: undefined }), 'brain: image is missing'],
    ['a writable root', set('web1', { read_only: false }), 'web1: read_only must be true'],
    ['some capabilities', set('web1', { cap_drop: ['NET_RAW'] }), 'web1: cap_drop must be [ALL]'],
    ['new privileges', set('web1', { security_opt: [] }), 'must have no-new-privileges:true'],
    ['a bind mount', set('web1', { volumes: ['./data:/data:ro'] }), 'volumes: ./data is mounted'],
    [
      "the engine's socket",
      set('web1', { volumes: ['/var/run/docker.sock:/d:ro'] }),
      'docker.sock is mounted',
    ],
    ['a way out', set('web1', { volumes: ['../a.cfg:/a.cfg:ro'] }), 'volumes: ../a.cfg is mounted'],
    ['a writable mount', set('web1', { volumes: ['./a.cfg:/a.cfg'] }), './a.cfg is mounted for writing'],
    [
      'a writable mount, in the long form',
      set('web1', { volumes: [{ type: 'bind', source: './a.cfg', target: '/a.cfg' }] }),
      './a.cfg is mounted for writing',
    ],
    [
      'processors of our own',
      compose => Object.assign(compose.networks['payment-processor'], { external: false }),
      'payment-processor must be declared with external: true',
    ],
    ['nobody at the processors', set('brain', { networks: ['ours'] }), 'no service is in payment-processor'],
    ['a variable nobody sets', set('brain', { image: '$WHERE/brain' }), '$WHERE has no default'],
  ]
  test.each(cases)('%s', (_, change, words) => {
    expect(problemsAfter(change)).toEqual([expect.stringContaining(words)])
  })

  test('a build, but only where it is handed in', () => {
    const change = set('web1', { build: '.' })
    expect(problemsAfter(change)).toEqual([])
    expect(problemsAfter(change, submissionProblems)).toEqual([expect.stringContaining('web1: build is set')])
  })
})

describe('settings that are allowed in more than one form', () => {
  const cases: readonly (readonly [what: string, change: Change])[] = [
    ['a published port in the long form', set('balancer', { ports: [{ target: 80, published: '9999' }] })],
    ['a published port with all addresses', set('balancer', { ports: ['0.0.0.0:9999:80/tcp'] })],
    ['networks as a mapping', set('web1', { networks: { ours: {} } })],
    ['a configuration file', set('web1', { volumes: ['./a.cfg:/a.cfg:ro'] })],
    ["a volume of Docker's", set('web1', { volumes: ['data:/data'] })],
    ['CPUs as a number', limit({ cpus: 0.2, memory: '100M' })],
    [
      "the processors' network under another key",
      compose => {
        Object.assign(compose.networks, { theirs: { name: 'payment-processor', external: true } })
        Object.assign(compose.networks, { 'payment-processor': undefined })
        compose.services.brain.networks = ['ours', 'theirs']
      },
    ],
  ]
  test.each(cases)('%s', (_, change) => {
    expect(problemsAfter(change)).toEqual([])
  })

  test.each([
    ['0.30', 300_000_000],
    [1, 1_000_000_000],
    ['0.000000001', 1],
    ['.5', undefined],
    ['-1', undefined],
  ])('%s CPUs', (cpus, nanos) => {
    expect(cpuNanosOf(cpus)).toBe(nanos)
  })

  test.each([
    ['60MB', 62_914_560],
    ['60m', 62_914_560],
    ['1G', 1_073_741_824],
    ['512k', 524_288],
    [1024, 1024],
    ['1.5g', undefined],
    ['60MiB', undefined],
  ])('memory of %s', (memory, bytes) => {
    expect(memoryBytesOf(memory)).toBe(bytes)
  })
})
