/**
 * The last samples, in arrays of fixed length: 8 bytes for the instant of each and 4 for each other number, which is 270 KB
 * for an hour with two processors, whether full or empty.
 */
export class SampleRing {
  readonly #countMax: number
  readonly #atMs: Float64Array
  readonly #values: Float32Array
  readonly #width: number
  /** The count of all samples that were ever added. */
  #count = 0

  constructor(countMax: number, columnCount: number) {
    this.#countMax = countMax
    this.#width = columnCount - 1
    this.#atMs = new Float64Array(countMax)
    this.#values = new Float32Array(countMax * this.#width)
  }

  add([atMs = 0, ...values]: readonly number[]): void {
    if (this.#countMax === 0) return
    const at = this.#count % this.#countMax
    this.#atMs[at] = atMs
    this.#values.set(values, at * this.#width)
    this.#count += 1
  }

  /** The samples after an instant, oldest first, at most so many. */
  after(afterMs: number, limitCount: number): readonly (readonly number[])[] {
    const found: number[][] = []
    for (
      let index = Math.max(0, this.#count - this.#countMax);
      index < this.#count && found.length < limitCount;
      index += 1
    ) {
      const at = index % this.#countMax
      const atMs = this.#atMs[at] ?? 0
      if (atMs > afterMs)
        found.push([atMs, ...this.#values.subarray(at * this.#width, (at + 1) * this.#width)])
    }
    return found
  }
}
