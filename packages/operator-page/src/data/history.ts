import type { AnswerOf } from '@rinha/admin-api'

type Samples = AnswerOf<'getHistory'>['samples']
type Sample = Samples[number]

/** An hour of samples, one a second, and room for a hundred gaps. */
const sampleCountMax = 3700
/** More than this between two samples is a gap: charts have no line there. */
const gapMs = 3500

/** Samples as charts want them: the last hour, oldest first, and columns by their names. */
export class History {
  columns: readonly string[] = []
  #samples: Sample[] = []

  get firstMs(): number {
    return this.#samples.at(0)?.[0] ?? 0
  }

  get lastMs(): number {
    return this.#samples.at(-1)?.[0] ?? 0
  }

  add(samples: Samples): void {
    for (const sample of samples) {
      const [atMs = null] = sample
      if (atMs === null) continue
      // The coordinator's clock was set back: its time goes on from here.
      if (atMs < this.lastMs - gapMs) this.#samples = []
      if (atMs <= this.lastMs) continue
      if (this.lastMs > 0 && atMs - this.lastMs > gapMs) this.#samples.push([this.lastMs + 1])
      this.#samples.push(sample)
    }
    if (this.#samples.length > sampleCountMax) this.#samples.splice(0, this.#samples.length - sampleCountMax)
  }

  /** Instants in seconds, and the named columns, since an instant. */
  since(fromMs: number, names: readonly string[]): readonly (readonly (number | null)[])[] {
    const samples = this.#samples.filter(([atMs]) => (atMs ?? 0) >= fromMs)
    const places = names.map(name => this.columns.indexOf(name))
    return [
      samples.map(([atMs]) => (atMs ?? 0) / 1000),
      ...places.map(place => samples.map(sample => sample[place] ?? null)),
    ]
  }
}
