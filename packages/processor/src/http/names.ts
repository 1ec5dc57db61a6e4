import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { nameMsMax } from './limits.ts'

type Callback = Parameters<LookupFunction>[2]

/**
 * The addresses of a processor's host name, for all connections that are made within `nameMsMax`. A limit that grows makes many
 * at once, and each look-up would take one of the four threads that also write the journal.
 *
 * The first connection asks, and those that are made meanwhile wait for the same answer. An error is told and not kept.
 */
export class Names {
  #addresses: LookupAddress[] | undefined
  #untilMs = 0
  #waiting: Callback[] = []

  /** What `net.connect` calls: always for all addresses, since it tries one after the other. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const addresses = this.#addresses
    if (addresses !== undefined && performance.now() < this.#untilMs)
      return queueMicrotask(() => callback(null, addresses))
    this.#waiting.push(callback)
    if (this.#waiting.length > 1) return
    lookup(hostname, { ...options, all: true }, (error, found) => {
      this.#addresses = error === null ? found : undefined
      this.#untilMs = performance.now() + nameMsMax
      for (const tell of this.#waiting.splice(0)) tell(error, found)
    })
  }

  /** Forgets the addresses. Called after a connection that could not be made, because the host may have moved. */
  forget(): void {
    this.#addresses = undefined
  }
}
