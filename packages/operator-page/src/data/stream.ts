import { authorization, Refusal, refusalOf } from './api.ts'
import { EventParser } from './event-parser.ts'

export interface StreamHandlers {
  /** A connection begins. */
  onOpen(): void
  onEvent(name: string, data: unknown): void
  onClosed(error: unknown): void
}

/** The server says something each second: past this its connection is dead. */
const silenceMsMax = 5000
const pauseMsMin = 250
const pauseMsMax = 5000

/**
 * Follows `/events` until the page is closed. It uses fetch, because EventSource cannot send a token. When the
 * connection ends, it reconnects after a growing pause and asks for the events that it missed.
 */
export async function follow(handlers: StreamHandlers): Promise<never> {
  let lastEventId: string | undefined
  let pauseMs = pauseMsMin
  while (true) {
    try {
      await once(handlers, lastEventId, id => {
        lastEventId = id
        pauseMs = pauseMsMin
      })
      handlers.onClosed(undefined)
    } catch (error) {
      handlers.onClosed(error)
      // A refused token will still be refused a moment later.
      if (error instanceof Refusal && error.status < 500) pauseMs = pauseMsMax
    }
    await new Promise(resolve => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
    pauseMs = Math.min(pauseMs * 2, pauseMsMax)
  }
}

async function once(
  handlers: StreamHandlers,
  lastEventId: string | undefined,
  heard: (id: string | undefined) => void,
): Promise<void> {
  const abort = new AbortController()
  let silence = setTimeout(() => abort.abort(), silenceMsMax)
  try {
    const response = await fetch('events', {
      headers: { ...authorization(), ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      signal: abort.signal,
    })
    if (!response.ok || response.body === null) throw await refusalOf(response)
    handlers.onOpen()
    const parser = new EventParser()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      clearTimeout(silence)
      silence = setTimeout(() => abort.abort(), silenceMsMax)
      for (const { name, data, id } of parser.push(read.value)) {
        if (id !== undefined) lastEventId = id
        heard(lastEventId)
        handlers.onEvent(name, JSON.parse(data))
      }
    }
  } finally {
    clearTimeout(silence)
    abort.abort()
  }
}
