/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly name: string
  readonly data: string
  readonly id: string | undefined
}

/** Reads server-sent events from pieces of text, which may be cut anywhere. Lines end with a line feed, as our server's do. */
export class EventParser {
  #text = ''

  push(piece: string): readonly ServerEvent[] {
    const blocks = (this.#text + piece).split('\n\n')
    this.#text = blocks.pop() ?? ''
    return blocks.map(block => {
      const fields = new Map<string, string>()
      for (const line of block.split('\n')) {
        const at = line.indexOf(': ')
        if (at > 0) fields.set(line.slice(0, at), line.slice(at + 2))
      }
      return { name: fields.get('event') ?? 'message', data: fields.get('data') ?? '', id: fields.get('id') }
    })
  }
}
