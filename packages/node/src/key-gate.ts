import type { HttpRequest, KeyHolder, NodePorts } from './ports.ts'
import type { Problem } from './problem.ts'

/** What a key has left: so many requests, and since when that is known. */
interface Bucket {
  left: number
  sinceMs: number
}

/**
 * Decides who may ask this node and how often, if the node has a list of keys. Each key with a rate has a token bucket, which
 * fills at that rate up to the requests of one second. Each node counts for itself: a client whose requests a load balancer
 * spreads over two nodes gets up to twice its rate.
 */
export class KeyGate {
  readonly #holderOf: (key: string) => KeyHolder | undefined
  readonly #monotonicMs: () => number
  readonly #buckets = new Map<KeyHolder, Bucket>()

  constructor(
    holderOf: (key: string) => KeyHolder | undefined,
    { monotonicMs }: Pick<NodePorts, 'monotonicMs'>,
  ) {
    this.#holderOf = holderOf
    this.#monotonicMs = monotonicMs
  }

  /** Why a request is not heard, or `undefined`; then it is counted. */
  refusalOf(request: HttpRequest): Problem | undefined {
    const [, key] = /^Bearer +(\S+) *$/i.exec(request.getHeader('authorization')) ?? []
    const holder = key === undefined ? undefined : this.#holderOf(key)
    if (holder === undefined) return unknownKey
    const { requestsPerSecond } = holder
    return requestsPerSecond === undefined ? undefined : this.#take(holder, requestsPerSecond)
  }

  #take(holder: KeyHolder, perSecond: number): Problem | undefined {
    const nowMs = this.#monotonicMs()
    const bucket = this.#buckets.get(holder) ?? { left: perSecond, sinceMs: nowMs }
    this.#buckets.set(holder, bucket)
    bucket.left = Math.min(perSecond, bucket.left + ((nowMs - bucket.sinceMs) * perSecond) / 1000)
    bucket.sinceMs = nowMs
    if (bucket.left < 1) return tooMany(perSecond)
    bucket.left -= 1
    return undefined
  }
}

const unknownKey: Problem = {
  kind: 'unauthenticated',
  detail: 'This node asks for a key (API_KEYS_FILE), in the header Authorization: Bearer KEY.',
  headers: [['WWW-Authenticate', 'Bearer']],
}

/** At a rate of one a second or more, there is room for another request within a second. */
function tooMany(perSecond: number): Problem {
  return {
    kind: 'too-many-requests',
    detail: `This key may ask this node ${perSecond} times a second.`,
    headers: [
      ['Retry-After', '1'],
      ['RateLimit-Policy', `"key";q=${perSecond};w=1`],
      ['RateLimit', '"key";r=0;t=1'],
    ],
  }
}
