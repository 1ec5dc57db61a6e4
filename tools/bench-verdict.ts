/** The ratios of the short form to their primitives, by `bench: row`. */
export type Ratios = Readonly<Record<string, number>>

/** A ratio that is repeatedly worse than the recorded one by this factor is not noise. */
const worseMax = 1.25

/** The best of several tries, because other programs on the machine make a ratio worse and hardly ever better. */
export function bestOf(tries: readonly Ratios[]): Ratios {
  const best: Record<string, number> = {}
  for (const ratios of tries)
    for (const [name, ratio] of Object.entries(ratios)) best[name] = Math.min(best[name] ?? ratio, ratio)
  return best
}

/** What {@link bestOf} so many tries usually says: the worst of what it says of each so many, row by row. */
export function usualOf(tries: readonly Ratios[], tryCount: number): Ratios {
  const usual: Record<string, number> = {}
  for (let from = 0; from < tries.length; from += tryCount)
    for (const [name, ratio] of Object.entries(bestOf(tries.slice(from, from + tryCount))))
      usual[name] = Math.max(usual[name] ?? ratio, ratio)
  return usual
}

/** A line for each row that is worse than recorded, or that is recorded and was not measured, or the other way round. */
export function verdict(recorded: Ratios, measured: Ratios): readonly string[] {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(measured)])].sort()
  return names.flatMap(name => {
    const [before, now] = [recorded[name], measured[name]]
    if (before === undefined)
      return [`${name}: no ratio is recorded; npm run bench -- --short --record writes it`]
    if (now === undefined) return [`${name}: is recorded and was not measured`]
    if (now <= before * worseMax) return []
    const percent = Math.round((now / before - 1) * 100)
    return [
      `${name}: ${now.toFixed(2)} times its primitive, recorded were ${before.toFixed(2)}: ${percent} % worse`,
    ]
  })
}
