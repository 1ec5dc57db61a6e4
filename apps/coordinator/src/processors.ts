import { basisPoints, printValue, type Setting } from '@rinha/settings'

/** One processor of the configured list. */
export interface ProcessorSettings {
  readonly name: string
  readonly origin: string
  /** What it keeps of each payment, in hundredths of a percent: 0.05 is 500. */
  readonly feeBps: number
  /** Up to this latency it counts as fast. */
  readonly fastMsMax: number
}

/** The thresholds of the system this one mirrors: the cheapest may take 100 ms, a dearer one 50 ms. */
const fastMsOfCheapest = 100
const fastMsOfDearer = 50

const processorCountMax = 8
const part = basisPoints({ help: '' })
const entryPattern = /^([a-z][a-z0-9-]{0,31})=(https?:\/\/[^@/\s]+)@([\d.]+)(?:@(\d{1,5}))?$/

/**
 * Reads `name=origin@fee[@fastMs],…` into a list, cheapest first. Answers `undefined` if the text is not of that form, a
 * name occurs twice, or the list is empty or too long.
 */
export function parseProcessors(list: string): readonly ProcessorSettings[] | undefined {
  const entries = list.split(',').map(entry => entryPattern.exec(entry.trim()))
  if (entries.length > processorCountMax) return undefined
  const processors: (Omit<ProcessorSettings, 'fastMsMax'> & { readonly given: string | undefined })[] = []
  for (const entry of entries) {
    const [, name, origin, fee, given] = entry ?? []
    const feeBps = part.parse(fee ?? '')
    if (name === undefined || origin === undefined || feeBps === undefined || !URL.canParse(origin))
      return undefined
    if (processors.some(other => other.name === name)) return undefined
    processors.push({ name, origin: new URL(origin).origin, feeBps, given })
  }
  return processors
    .sort((left, right) => left.feeBps - right.feeBps)
    .map(({ given, ...processor }, index) => ({
      ...processor,
      fastMsMax: given === undefined ? (index === 0 ? fastMsOfCheapest : fastMsOfDearer) : Number(given),
    }))
}

function printProcessors(processors: readonly ProcessorSettings[]): string {
  return processors
    .map(
      ({ name, origin, feeBps, fastMsMax }) => `${name}=${origin}@${printValue(part, feeBps)}@${fastMsMax}`,
    )
    .join(',')
}

/** The setting that holds the list. */
export function processorList(fallback: string, help: string): Setting<readonly ProcessorSettings[]> {
  return {
    fallback: parseProcessors(fallback) ?? [],
    help,
    secret: false,
    allowed: `up to ${processorCountMax} entries name=origin@fee[@fastMs], joined by commas, such as ${fallback}`,
    parse: parseProcessors,
    print: printProcessors,
  }
}
