import { assert, Prng } from '@rinha/base'
import type { ProxyFault } from '@rinha/fault-proxy'

/**
 * What goes wrong when, as data and as a pure function of the seed: nothing here does anything.
 *
 * Kinds are dealt like cards: all of them once, in an order of chance, then all of them again. So a short run has seen
 * most of them, and a long one all of them about equally often. What a card needs (a process, a link) is not given to two
 * faults at once, as far as the plan can know: how long a process takes to come back it can only allow for.
 */
export const nodeNames = ['api1', 'api2'] as const
export type NodeName = (typeof nodeNames)[number]
export type ProcessName = 'coordinator' | NodeName
export const processorNames = ['default', 'fallback'] as const
export type ProcessorName = (typeof processorNames)[number]
/** A link has the name of the end that is not the coordinator. */
export type LinkName = NodeName | ProcessorName

/** A process that is killed and how long it stays down before it is started again. */
export interface Kill {
  readonly process: ProcessName
  readonly downMs: number
}

export type Fault =
  /** SIGKILL, at the same moment where there are several. */
  | { readonly kind: 'kill'; readonly kills: readonly Kill[] }
  /** SIGTERM, and once it has ended it is started again. */
  | { readonly kind: 'restart'; readonly process: ProcessName; readonly downMs: number }
  /** SIGSTOP, and SIGCONT later. */
  | { readonly kind: 'pause'; readonly process: ProcessName; readonly durationMs: number }
  | {
      readonly kind: 'link'
      readonly link: LinkName
      readonly fault: ProxyFault
      readonly durationMs: number
    }
  | {
      readonly kind: 'processor'
      readonly processor: ProcessorName
      readonly trouble: ProcessorTrouble
      readonly durationMs: number
    }

export type ProcessorTrouble =
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Every payment is answered 500. */
  | { readonly kind: 'failing' }

export interface PlannedFault {
  /** Since the load began. */
  readonly atMs: number
  readonly fault: Fault
}

export interface PlanOptions {
  readonly seed: number
  readonly lengthMs: number
  /** Between two faults, on average. */
  readonly everyMs: number
  /** Processes that are neither killed nor restarted. They may be paused. */
  readonly spared: readonly ProcessName[]
}

const downMsMax = 3000
const [durationMsMin, durationMsMax] = [200, 4000] as const
/** What the plan allows a process to be up again, once it was started; nothing else happens to it in that time. */
const recoveryMs = 1500

/** What a fault keeps to itself, and how long. */
interface Hold {
  readonly name: string
  readonly forMs: number
}

type Card = (prng: Prng) => Fault

export function planFaults({ seed, lengthMs, everyMs, spared }: PlanOptions): readonly PlannedFault[] {
  assert(everyMs > 0 && lengthMs >= 0, 'a plan has a length and a pace')
  const prng = new Prng(seed)
  const deck = cards.filter(({ needs }) => !needs.some(name => spared.includes(name)))
  const heldUntilMs = new Map<string, number>()
  const planned: PlannedFault[] = []
  let hand: Card[] = []
  for (let atMs = gapMs(prng, everyMs); atMs < lengthMs; atMs += gapMs(prng, everyMs)) {
    if (hand.length === 0) hand = shuffled(prng, deck).map(({ deal }) => deal)
    // The first in the hand whose targets are free; with all of them busy this moment passes.
    for (const [index, deal] of hand.entries()) {
      const fault = deal(prng)
      const holds = holdsOf(fault)
      if (holds.some(({ name }) => (heldUntilMs.get(name) ?? 0) > atMs)) continue
      for (const { name, forMs } of holds) heldUntilMs.set(name, atMs + forMs)
      planned.push({ atMs: Math.round(atMs), fault })
      hand.splice(index, 1)
      break
    }
  }
  return planned
}

/** The table of kinds, as counted at the end: what a fault is called. */
export function faultName(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return fault.kills.length > 1 ? 'kill several' : `kill ${roleOf(fault.kills[0]?.process)}`
    case 'restart':
    case 'pause':
      return `${fault.kind} ${roleOf(fault.process)}`
    case 'link':
      return `link ${fault.fault.kind}`
    case 'processor':
      return `processor ${fault.trouble.kind}`
  }
}

/** One fault in words: `kill coordinator for 1.2 s, api1 for 0.3 s`. */
export function faultLine(fault: Fault): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  switch (fault.kind) {
    case 'kill':
      return `kill ${fault.kills.map(({ process, downMs }) => `${process} for ${seconds(downMs)}`).join(', ')}`
    case 'restart':
      return `restart ${fault.process}, down for ${seconds(fault.downMs)}`
    case 'pause':
      return `pause ${fault.process} for ${seconds(fault.durationMs)}`
    case 'link':
      return `link to ${fault.link}: ${figures(fault.fault)} for ${seconds(fault.durationMs)}`
    case 'processor':
      return `processor ${fault.processor}: ${figures(fault.trouble)} for ${seconds(fault.durationMs)}`
  }
}

/** `latency, delayMs 120, jitterMs 30`. */
function figures({ kind, ...rest }: ProxyFault | ProcessorTrouble): string {
  return [kind, ...Object.entries(rest).map(([name, value]) => `${name} ${value}`)].join(', ')
}

function roleOf(process: ProcessName | undefined): string {
  return process === 'coordinator' ? process : 'API node'
}

/** Exponential, as between independent events, within bounds: now and then faults come close together. */
function gapMs(prng: Prng, everyMs: number): number {
  return Math.min(4 * everyMs, Math.max(everyMs / 20, -Math.log(1 - prng.unit()) * everyMs))
}

const nodes = (prng: Prng): NodeName => pick(prng, nodeNames)
const duration = (prng: Prng) => prng.integer(durationMsMin, durationMsMax)
/** Half of them come back at once: that is how a supervisor does it, and the likeliest to be raced. */
const down = (prng: Prng) => (prng.chance(0.5) ? prng.integer(0, 200) : prng.integer(0, downMsMax))

const kill =
  (choose: (prng: Prng) => readonly ProcessName[]): Card =>
  prng => ({ kind: 'kill', kills: choose(prng).map(process => ({ process, downMs: down(prng) })) })

const onLink =
  (faultOf: (prng: Prng) => ProxyFault, links: (prng: Prng) => LinkName): Card =>
  prng => ({ kind: 'link', link: links(prng), fault: faultOf(prng), durationMs: duration(prng) })

const restart =
  (choose: (prng: Prng) => ProcessName): Card =>
  prng => ({ kind: 'restart', process: choose(prng), downMs: prng.integer(0, 500) })

const pause =
  (choose: (prng: Prng) => ProcessName): Card =>
  prng => ({ kind: 'pause', process: choose(prng), durationMs: duration(prng) })

const trouble =
  (troubleOf: (prng: Prng) => ProcessorTrouble): Card =>
  prng => ({
    kind: 'processor',
    processor: pick(prng, processorNames),
    trouble: troubleOf(prng),
    durationMs: duration(prng),
  })

const anyLink = (prng: Prng): LinkName => pick(prng, [...nodeNames, ...processorNames])
/** A processor that recorded a payment and could not say so is where a payment is charged twice. */
const mostlyProcessors = (prng: Prng): LinkName =>
  prng.chance(0.75) ? pick(prng, processorNames) : anyLink(prng)
const latency = (prng: Prng): ProxyFault => ({
  kind: 'latency',
  delayMs: prng.integer(5, 800),
  jitterMs: prng.integer(0, 400),
})

/** One of each kind, the likelier ones twice. `needs` are the processes without which the card is not in the deck. */
const cards: readonly { readonly needs: readonly ProcessName[]; readonly deal: Card }[] = [
  { needs: ['coordinator'], deal: kill(() => ['coordinator']) },
  { needs: ['coordinator'], deal: kill(() => ['coordinator']) },
  { needs: nodeNames, deal: kill(prng => [nodes(prng)]) },
  { needs: nodeNames, deal: kill(() => nodeNames) },
  { needs: ['coordinator', ...nodeNames], deal: kill(prng => ['coordinator', nodes(prng)]) },
  { needs: ['coordinator', ...nodeNames], deal: kill(() => ['coordinator', ...nodeNames]) },
  { needs: ['coordinator'], deal: restart(() => 'coordinator') },
  { needs: nodeNames, deal: restart(nodes) },
  { needs: [], deal: pause(() => 'coordinator') },
  { needs: [], deal: pause(nodes) },
  { needs: [], deal: onLink(latency, anyLink) },
  { needs: [], deal: onLink(prng => ({ kind: 'drip', bytesPerSecond: prng.integer(200, 20_000) }), anyLink) },
  { needs: [], deal: onLink(() => ({ kind: 'reset' }), anyLink) },
  { needs: [], deal: onLink(() => ({ kind: 'resetAfterRequest' }), mostlyProcessors) },
  { needs: [], deal: onLink(() => ({ kind: 'resetAfterRequest' }), mostlyProcessors) },
  { needs: [], deal: onLink(() => ({ kind: 'halfOpen' }), anyLink) },
  { needs: [], deal: onLink(() => ({ kind: 'blackhole' }), anyLink) },
  { needs: [], deal: onLink(() => ({ kind: 'refuse' }), anyLink) },
  { needs: [], deal: trouble(prng => ({ kind: 'delay', delayMs: prng.integer(50, 3000) })) },
  { needs: [], deal: trouble(() => ({ kind: 'failing' })) },
]

function holdsOf(fault: Fault): readonly Hold[] {
  switch (fault.kind) {
    case 'kill':
      return fault.kills.map(({ process, downMs }) => ({ name: process, forMs: downMs + recoveryMs }))
    case 'restart':
      return [{ name: fault.process, forMs: fault.downMs + recoveryMs }]
    case 'pause':
      return [{ name: fault.process, forMs: fault.durationMs }]
    case 'link':
      return [{ name: `link ${fault.link}`, forMs: fault.durationMs }]
    case 'processor':
      return [{ name: `processor ${fault.processor}`, forMs: fault.durationMs }]
  }
}

function pick<T>(prng: Prng, values: readonly T[]): T {
  const value = values[prng.integer(0, values.length - 1)]
  assert(value !== undefined, 'there is something to pick from')
  return value
}

function shuffled<T>(prng: Prng, values: readonly T[]): T[] {
  const keyed = values.map(value => ({ value, key: prng.unit() }))
  return keyed.sort((left, right) => left.key - right.key).map(({ value }) => value)
}
