import { assert } from '@rinha/base'

/** After a shift, nearly every event is a bad one. */
const badShareAfter = 0.9
/** The usual share of bad events that is assumed of an unknown processor. No processor is assumed to be better. */
const badShareMin = 0.01
/** If bad events are more frequent than this, a single one says too little, whatever follows it. */
const badShareMax = 0.5
/** The weight of one more event in the share that is usual. */
const shareWeight = 1 / 64
const perBadMax = Math.log(badShareAfter / badShareMin)

/**
 * Tells a shift from a tail, in a stream of events of which some are bad: a late answer among timely ones, a failure
 * among records.
 *
 * A processor of whose answers one in a hundred is late goes on as it was after a late one. One that has become slow sends
 * nothing but late ones. The difference is not one event, nor a number of them: it is how improbable they are together, if
 * nothing had changed. So each bad event adds the logarithm of how much better a shift explains it than the share that is
 * usual here, each good one subtracts in the same way, the sum never goes below 0, and at a threshold it is a shift
 * (CUSUM: Page 1954; the sequential test under it: Wald 1945).
 *
 * With a usual share of one in a hundred or less `badCount` bad events in a row are a shift. With one in ten it takes
 * twice as many, with three in ten four times. The usual share is learned from the stream itself, from the events of a
 * shift too: if shifts come again and again, they are the usual spread.
 */
export class Shift {
  readonly #threshold: number
  #usualShare = badShareMin
  #sum = 0
  /** Bad events since the sum was 0: not known yet whether they are of the tail. */
  #openCount = 0

  constructor(badCount: number) {
    assert(badCount >= 1, 'at least one event is a shift')
    // A hair less, so that rounding does not ask for one more.
    this.#threshold = badCount * perBadMax - 1e-9
  }

  get isSeen(): boolean {
    return this.#sum >= this.#threshold
  }

  bad(): void {
    this.#openCount += 1
    const evidence = Math.log(badShareAfter / this.#usualShare)
    this.#sum = Math.min(this.#sum + evidence, this.#threshold)
  }

  good(): void {
    if (this.#sum > 0) this.#sum -= Math.log((1 - this.#usualShare) / (1 - badShareAfter))
    if (this.#sum > 0) return
    this.#sum = 0
    this.#learnOpen()
    this.#learn(0)
  }

  /** One more bad event will be a shift. */
  onTrial(): void {
    this.#sum = this.#threshold - Math.log(badShareAfter / badShareMax)
  }

  /** Starts a new sum, after a shift. The usual share stays. */
  reset(): void {
    this.#sum = 0
    this.#learnOpen()
  }

  #learnOpen(): void {
    for (; this.#openCount > 0; this.#openCount -= 1) this.#learn(1)
  }

  #learn(isBad: 0 | 1): void {
    const share = this.#usualShare + shareWeight * (isBad - this.#usualShare)
    this.#usualShare = Math.min(Math.max(share, badShareMin), badShareMax)
  }
}
