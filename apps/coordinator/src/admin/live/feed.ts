import type { Sink } from '@rinha/openapi'

/** Entries with a number each, for events: oldest first, those after a number, of which the last are told. */
export interface Source {
  readonly name: string
  since(seq: number): readonly { readonly seq: number }[]
}

interface Viewer {
  readonly sink: Sink
  /** The last number that was sent, for each source. */
  readonly told: number[]
}

/** Each viewer has a connection, and gets a line of a few KB a second. */
export const viewerCountMax = 16
/** The most events of a source that are sent in one turn. */
const entryCountMax = 100
/**
 * How much unsent data a viewer may have, some 30 s, before its connection is closed. It reconnects and asks for what
 * it missed.
 */
const pendingBytesMax = 128 * 1024

/**
 * Sends all viewers, once a second, the present state and the events since. Both are read only while there are viewers, and
 * once for all of them. An event's id has the start of this process and the last number of each source. So a viewer that
 * connects again with it (Last-Event-ID) gets the events that it missed, and after a restart all of them.
 */
export class Feed {
  readonly #sources: readonly Source[]
  readonly #epoch: string
  readonly #viewers = new Set<Viewer>()

  constructor(sources: readonly Source[], startedMs: number) {
    this.#sources = sources
    this.#epoch = `${Math.round(startedMs)}`
  }

  get viewerCount(): number {
    return this.#viewers.size
  }

  /** `session` is told first: who it is. */
  open(sink: Sink, session: object, lastEventId = ''): void {
    const [epoch, ...seqs] = lastEventId.split('.')
    const told = this.#sources.map((_, index) => {
      const seq = Number(seqs[index])
      return epoch === this.#epoch && Number.isSafeInteger(seq) ? seq : 0
    })
    const viewer = { sink, told }
    this.#viewers.add(viewer)
    sink.write(printEvent('session', session))
    sink.onClose(() => this.#viewers.delete(viewer))
    this.#tellNew(viewer)
  }

  /** `states` are sent under their names, unchanged. */
  tell(states: { readonly [name: string]: unknown }): void {
    if (this.#viewers.size === 0) return
    const text = Object.entries(states)
      .map(([name, data]) => printEvent(name, data))
      .join('')
    for (const viewer of this.#viewers) {
      if (viewer.sink.pendingBytes() > pendingBytesMax) {
        viewer.sink.destroy()
        continue
      }
      viewer.sink.write(text)
      this.#tellNew(viewer)
    }
  }

  #tellNew({ sink, told }: Viewer): void {
    for (const [index, source] of this.#sources.entries()) {
      for (const entry of source.since(told[index] ?? 0).slice(-entryCountMax)) {
        told[index] = entry.seq
        sink.write(`id: ${[this.#epoch, ...told].join('.')}\n${printEvent(source.name, entry)}`)
      }
    }
  }
}

function printEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
