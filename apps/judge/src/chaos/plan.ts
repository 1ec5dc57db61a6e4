import { assert, Prng } from '@rinha/base'
import type { ProxyFault } from '@rinha/fault-proxy'
import { lookUpLies, type ProcessorFaults } from '@rinha/processor-model'

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

/** The target of a fault, and how long the fault lasts. */
export interface Target<Name> {
  readonly name: Name
  readonly forMs: number
}

type ProcessFault = {
  /**
   * `kill` is SIGKILL, at the same moment where there are several, and `restart` is SIGTERM; both start them again, each
   * when it has been down for its time. `pause` is SIGSTOP, and SIGCONT later. `fullLog` starts them again with a log that
   * nothing can be written to, and once more when that has been so for its time.
   */
  readonly kind: 'kill' | 'restart' | 'pause' | 'fullLog'
  readonly targets: readonly Target<ProcessName>[]
}

export type Fault =
  | ProcessFault
  /** The wall clock of a process takes a step, and one back later. */
  | { readonly kind: 'clock'; readonly targets: readonly Target<ProcessName>[]; readonly how: ClockStep }
  | { readonly kind: 'link'; readonly targets: readonly Target<LinkName>[]; readonly how: ProxyFault }
  | {
      readonly kind: 'processor'
      readonly targets: readonly Target<ProcessorName>[]
      readonly how: ProcessorTrouble
    }

interface ClockStep {
  readonly kind: 'back' | 'forward'
  readonly offsetMs: number
}

/** A delay, the failure switch (every payment is answered 500), or the twin's own faults. */
export interface ProcessorTrouble extends Partial<ProcessorFaults> {
  readonly kind:
    | 'delay'
    | 'failing'
    | 'wrong way'
    | 'gateway'
    | 'limited'
    | 'continue'
    | 'look-ups'
    | 'stuck health'
  readonly delayMs?: number
}

export interface PlannedFault {
  /** Milliseconds since the load began. */
  readonly atMs: number
  readonly fault: Fault
}

export interface PlanOptions {
  readonly seed: number
  readonly lengthMs: number
  /** The average time between two faults. */
  readonly everyMs: number
  /** Processes that are neither killed nor restarted. They may be paused. */
  readonly spared: readonly ProcessName[]
}

const downMsMax = 3000
const [durationMsMin, durationMsMax] = [200, 4000] as const
/** What the plan allows a process to be up again, once it was started; nothing else happens to it in that time. */
const recoveryMs = 1500

export function planFaults({ seed, lengthMs, everyMs, spared }: PlanOptions): readonly PlannedFault[] {
  assert(everyMs > 0 && lengthMs >= 0, 'a plan has a length and a pace')
  const prng = new Prng(seed)
  const deck = cards.filter(({ needs = [] }) => !needs.some(name => spared.includes(name)))
  const busyUntilMs = new Map<string, number>()
  const planned: PlannedFault[] = []
  let hand: Deal[] = []
  for (let atMs = gapMs(prng, everyMs); atMs < lengthMs; atMs += gapMs(prng, everyMs)) {
    if (hand.length === 0) hand = shuffled(prng, deck).map(({ deal }) => deal)
    // The first in the hand whose targets are free; with all of them busy this moment passes.
    for (const [index, deal] of hand.entries()) {
      const fault = deal(prng)
      if (targetNames(fault).some(name => (busyUntilMs.get(name) ?? 0) > atMs)) continue
      const afterMs = isStart(fault) ? recoveryMs : 0
      for (const [place, name] of targetNames(fault).entries())
        busyUntilMs.set(name, atMs + (fault.targets[place]?.forMs ?? 0) + afterMs)
      planned.push({ atMs: Math.round(atMs), fault })
      hand.splice(index, 1)
      break
    }
  }
  return planned
}

/** What is touched, each name of one thing alone: `api1`, `link api1`, `processor default`, `clock coordinator`. */
export function targetNames({ kind, targets }: Fault): readonly string[] {
  const isProcess = kind === 'kill' || kind === 'restart' || kind === 'pause' || kind === 'fullLog'
  return targets.map(({ name }) => (isProcess ? name : `${kind} ${name}`))
}

function isStart({ kind }: Fault): boolean {
  return kind === 'kill' || kind === 'restart' || kind === 'fullLog'
}

/** The name of a fault in the table of kinds at the end. */
export function faultName(fault: Fault): string {
  if ('how' in fault && 'paymentStatus' in fault.how)
    return `processor ${fault.how.kind} ${fault.how.paymentStatus}`
  if ('how' in fault) return `${fault.kind} ${fault.how.kind}`
  const [first, second] = fault.targets
  if (second !== undefined) return `${fault.kind} several`
  return `${fault.kind} ${first?.name === 'coordinator' ? 'coordinator' : 'API node'}`
}

/** `kill coordinator for 1.2 s, api1 for 0.3 s`, `link default for 0.5 s: latency, delayMs 120, jitterMs 30`. */
export function faultLine(fault: Fault): string {
  const targets = fault.targets.map(({ name, forMs }) => `${name} for ${(forMs / 1000).toFixed(1)} s`)
  const line = `${fault.kind} ${targets.join(', ')}`
  if (!('how' in fault)) return line
  const { kind, ...figures } = fault.how
  return `${line}: ${[kind, ...Object.entries(figures).map(([name, value]) => `${name} ${value}`)].join(', ')}`
}

/** Exponential, as between independent events, within bounds: now and then faults come close together. */
function gapMs(prng: Prng, everyMs: number): number {
  return Math.min(4 * everyMs, Math.max(everyMs / 20, -Math.log(1 - prng.unit()) * everyMs))
}

type Deal = (prng: Prng) => Fault

const times = {
  /** Half of them come back at once: that is how a supervisor does it, and the likeliest to be raced. */
  kill: (prng: Prng) => (prng.chance(0.5) ? prng.integer(0, 200) : prng.integer(0, downMsMax)),
  restart: (prng: Prng) => prng.integer(0, 500),
  pause: (prng: Prng) => prng.integer(durationMsMin, durationMsMax),
  fullLog: (prng: Prng) => prng.integer(durationMsMin, durationMsMax),
}

const toProcesses =
  (kind: ProcessFault['kind'], choose: (prng: Prng) => readonly ProcessName[]): Deal =>
  prng => ({ kind, targets: choose(prng).map(name => ({ name, forMs: times[kind](prng) })) })

const onLink =
  (how: (prng: Prng) => ProxyFault, links: (prng: Prng) => LinkName = anyLink): Deal =>
  prng => ({ kind: 'link', targets: [{ name: links(prng), forMs: times.pause(prng) }], how: how(prng) })

const atProcessor =
  (how: (prng: Prng) => ProcessorTrouble): Deal =>
  prng => ({
    kind: 'processor',
    targets: [{ name: prng.pick(processorNames), forMs: times.pause(prng) }],
    how: how(prng),
  })

const minuteMs = 60_000
const clock = (kind: ClockStep['kind']): Deal => {
  const sign = kind === 'back' ? -1 : 1
  return prng => ({
    kind: 'clock',
    targets: [{ name: prng.pick(['coordinator', 'coordinator', ...nodeNames]), forMs: times.pause(prng) }],
    how: {
      kind,
      offsetMs: sign * (prng.chance(0.5) ? prng.integer(1, 120) * minuteMs : prng.integer(1000, minuteMs)),
    },
  })
}

const coordinator = (): readonly ['coordinator'] => ['coordinator']
const oneNode = (prng: Prng): readonly [NodeName] => [prng.pick(nodeNames)]
const anyLink = (prng: Prng): LinkName => prng.pick([...nodeNames, ...processorNames])
/** A processor that recorded a payment and could not say so is where a payment is charged twice. */
const mostlyProcessors = (prng: Prng): LinkName =>
  prng.chance(0.75) ? prng.pick(processorNames) : anyLink(prng)
const latency = (prng: Prng): ProxyFault => ({
  kind: 'latency',
  delayMs: prng.integer(5, 800),
  jitterMs: prng.integer(0, 400),
})

const everyProcess = ['coordinator', ...nodeNames] as const

/** One of each kind, the likelier ones twice. `needs` are the processes without which the card is not in the deck. */
const cards: readonly { readonly needs?: readonly ProcessName[]; readonly deal: Deal }[] = [
  { needs: ['coordinator'], deal: toProcesses('kill', coordinator) },
  { needs: ['coordinator'], deal: toProcesses('kill', coordinator) },
  { needs: nodeNames, deal: toProcesses('kill', oneNode) },
  { needs: nodeNames, deal: toProcesses('kill', () => nodeNames) },
  { needs: everyProcess, deal: toProcesses('kill', prng => ['coordinator', ...oneNode(prng)]) },
  { needs: everyProcess, deal: toProcesses('kill', () => everyProcess) },
  { needs: ['coordinator'], deal: toProcesses('restart', coordinator) },
  { needs: nodeNames, deal: toProcesses('restart', oneNode) },
  { deal: toProcesses('pause', coordinator) },
  { deal: toProcesses('pause', oneNode) },
  { deal: onLink(latency) },
  { deal: onLink(prng => ({ kind: 'drip', bytesPerSecond: prng.integer(200, 20_000) })) },
  { deal: onLink(() => ({ kind: 'reset' })) },
  { deal: onLink(() => ({ kind: 'resetAfterRequest' }), mostlyProcessors) },
  { deal: onLink(() => ({ kind: 'resetAfterRequest' }), mostlyProcessors) },
  { deal: onLink(() => ({ kind: 'halfOpen' })) },
  { deal: onLink(() => ({ kind: 'blackhole' })) },
  { deal: onLink(() => ({ kind: 'refuse' })) },
  { deal: atProcessor(prng => ({ kind: 'delay', delayMs: prng.integer(50, 3000) })) },
  { deal: atProcessor(() => ({ kind: 'failing' })) },
  { needs: ['coordinator'], deal: toProcesses('fullLog', coordinator) },
  { deal: clock('back') },
  { deal: clock('forward') },
  ...[404, 401, 301].map(paymentStatus => ({
    deal: atProcessor(prng => ({ kind: 'wrong way', paymentStatus, lookUpStatus: prng.pick([0, 503]) })),
  })),
  // A gateway gives up, whether the payment behind it is recorded or not.
  ...[524, 503].map(paymentStatus => ({
    deal: atProcessor(prng => ({
      kind: 'gateway',
      paymentStatus,
      paymentPercent: prng.pick([40, 100]),
      insertAfterMs: prng.pick([-1, 0, prng.integer(100, 3000)]),
    })),
  })),
  {
    deal: atProcessor(prng => ({
      kind: 'limited',
      paymentStatus: 429,
      paymentPercent: 60,
      retryAfterS: prng.integer(0, 2),
    })),
  },
  { deal: atProcessor(() => ({ kind: 'continue', continueFirst: true })) },
  {
    deal: atProcessor(prng => ({
      kind: 'look-ups',
      lookUpStaleMs: prng.integer(0, 2000),
      lookUpLie: prng.pick(lookUpLies),
    })),
  },
  { deal: atProcessor(() => ({ kind: 'stuck health', healthFailing: true })) },
]

function shuffled<T>(prng: Prng, values: readonly T[]): T[] {
  const keyed = values.map(value => ({ value, key: prng.unit() }))
  return keyed.sort((left, right) => left.key - right.key).map(({ value }) => value)
}
