import { count, seconds } from '@rinha/base'
import type { ClusterReport, Noted, Recorded } from '@rinha/simulator'

/** An actor of the picture: the clients, an API node, the coordinator, a processor, or the world for what happens to all. */
export interface Actor {
  readonly name: string
  readonly kind: 'clients' | 'node' | 'coordinator' | 'processor' | 'world'
}

/** An arrow between two actors, or something that happens to one: then both are it. */
type Happening = readonly [
  atMs: number,
  from: number,
  to: number,
  /** Its place in {@link Story.texts}. */
  text: number,
  /** -1 if it is about no payment. */
  payment: number,
  tone: 'plain' | 'good' | 'bad',
]

/** A run as the player shows it. The player's program (packages/operator-page) reads this shape from the page. */
export interface Story {
  readonly actors: readonly Actor[]
  readonly texts: readonly string[]
  readonly happenings: readonly Happening[]
  /** The text of each actor's box, up to two lines, at each look. */
  readonly stands: readonly { readonly atMs: number; readonly lines: readonly string[] }[]
  readonly ids: readonly string[]
  readonly isViolated: boolean
}

const clients = 0

export function storyOf({ plan, violation }: ClusterReport, recorded: Recorded): Story {
  const names = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => `${name} ${index}`)
  const actors: readonly Actor[] = [
    { name: 'clients', kind: 'clients' },
    ...names(plan.nodeCount, 'API node').map(name => ({ name, kind: 'node' as const })),
    { name: 'coordinator', kind: 'coordinator' },
    ...names(plan.processorCount, 'processor').map(name => ({ name, kind: 'processor' as const })),
    { name: 'the world', kind: 'world' },
  ]
  const teller = new Teller(plan.nodeCount, actors.length - 1)
  const happenings = recorded.events.map(event => teller.tell(event))
  if (violation !== undefined)
    happenings.push(teller.violation(violation.atMs, `${violation.checker}: ${violation.message}`))
  return {
    actors,
    texts: teller.texts,
    happenings,
    stands: recorded.stands.map(stand => ({ atMs: hundredths(stand.atMs), lines: linesOf(stand) })),
    ids: recorded.ids,
    isViolated: violation !== undefined,
  }
}

/** The text of each actor's box, in the order of the actors. The clients and the world have none. */
function linesOf({ queue, lanes, heldCounts }: Recorded['stands'][number]): readonly string[] {
  const coordinator =
    queue === undefined
      ? 'not there'
      : `queue ${queue.queuedCount}, in flight ${queue.inFlightCount} (unknown ${queue.unknownCount})\nsettled ${queue.settledCount}, rejected ${queue.rejectedCount}`
  return [
    '',
    ...heldCounts.map(held => (held === undefined ? 'dead' : `holds ${held}`)),
    coordinator,
    ...lanes.map(
      ({ circuit, against, inFlightCount, limitCount, settledCount }) =>
        `circuit ${circuit}${against === null ? '' : `, ${against}`}\nin flight ${inFlightCount} of ${limitCount}, settled ${settledCount}`,
    ),
  ]
}

/** Translates the words of the trace. */
class Teller {
  readonly texts: string[] = []
  readonly #places = new Map<string, number>()
  readonly #coordinator: number
  readonly #world: number
  /** Where a payment was sent or asked for last: an answer does not say whose it is. */
  readonly #lastProcessor = new Map<number, number>()

  constructor(nodeCount: number, world: number) {
    this.#coordinator = 1 + nodeCount
    this.#world = world
  }

  tell({ atMs, word, values: [a, b, c] }: Noted): Happening {
    const at = hundredths(atMs)
    const [me, node, processor] = [this.#coordinator, 1 + a, (index: number) => this.#coordinator + 1 + index]
    const say = (from: number, to: number, words: string, payment = -1, tone: Happening[5] = 'plain') =>
      [at, from, to, this.#place(words), payment, tone] as const
    const [kind, rest = ''] = word.split(': ')
    switch (kind) {
      case 'taken':
        return say(clients, 1 + b, 'POST /payments, taken', a)
      case 'buffer full':
        return say(clients, 1 + b, 'POST /payments, the buffer is full', a, 'bad')
      case 'sent payments':
        return say(node, me, `PAYMENTS, ${count(c - b + 1)} of them`)
      case 'connected':
        return say(node, me, 'connected', -1, 'good')
      case 'disconnected':
        return say(node, me, 'disconnected', -1, 'bad')
      case 'node dies':
        return say(node, node, `dies, with ${b} payments in its buffer`, -1, 'bad')
      case 'send':
      case 'look up':
        this.#lastProcessor.set(a, b)
        return say(me, processor(b), kind === 'send' ? 'POST /payments' : 'GET /payments/{id}', a)
      case 'poll':
        return say(me, processor(a), 'GET /payments/service-health')
      case 'attemptEnded':
      case 'lookUpEnded':
        return say(
          this.#asked(a, me),
          me,
          `${kind === 'attemptEnded' ? 'the attempt' : 'the look-up'}: ${rest}`,
          a,
          toneOf(rest),
        )
      case 'settled':
        return say(me, me, `settled at processor ${b}`, a, 'good')
      case 'fault': {
        const place = this.#asked(a, this.#world)
        return say(place, place, `fault: ${rest}`, a, 'bad')
      }
      case 'processor changes':
        return say(
          processor(a),
          processor(a),
          `now takes ${seconds(b, 2)}${c === 1 ? ' and fails' : ''}`,
          -1,
          c === 1 ? 'bad' : 'plain',
        )
      default: {
        const [actor, words, tone] = this.#alone(kind, word, a)
        return say(actor, actor, words, -1, tone)
      }
    }
  }

  /** Events of the coordinator, or of the whole cluster. */
  #alone(kind: string | undefined, word: string, value: number): readonly [number, string, Happening[5]] {
    switch (kind) {
      case 'crash':
      case 'the coordinator stalls':
      case 'a second coordinator':
        return [this.#coordinator, value === 0 ? word : `${word} (${value})`, 'bad']
      case 'purge':
      case 'stop':
      case 'drained':
      case 'recovered':
        return [this.#coordinator, value === 0 ? word : `${word} (${value})`, 'plain']
      case 'healed':
        return [this.#world, 'everything is healed', 'good']
      default:
        return [this.#world, word, /^(the operator|re|discard)/.test(word) ? 'plain' : 'bad']
    }
  }

  /** The processor that a payment was sent to last, or `otherwise`. */
  #asked(payment: number, otherwise: number): number {
    const processor = this.#lastProcessor.get(payment)
    return processor === undefined ? otherwise : this.#coordinator + 1 + processor
  }

  violation(atMs: number, words: string): Happening {
    return [
      hundredths(atMs),
      this.#world,
      this.#world,
      this.#place(`VIOLATION of ${words}`),
      paymentIn(words),
      'bad',
    ]
  }

  #place(text: string): number {
    let place = this.#places.get(text)
    if (place === undefined) {
      place = this.texts.push(text) - 1
      this.#places.set(text, place)
    }
    return place
  }
}

/** The words for an outcome. */
function toneOf(outcome: string): Happening[5] {
  if (/recorded|found/.test(outcome)) return 'good'
  return outcome === 'unknown' ? 'bad' : 'plain'
}

/** The payment that a checker's words name. */
function paymentIn(words: string): number {
  return Number(/payment (\d+)/.exec(words)?.[1] ?? -1)
}

function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100
}
