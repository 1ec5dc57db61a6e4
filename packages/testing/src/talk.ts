import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from './until.ts'

/**
 * Writes the pieces to a new connection, a TCP segment each, and reads until `answerCount` answers have come or the
 * node closes. What `fetch` would not send can be sent with it.
 */
export async function talk(port: number, pieces: readonly string[], answerCount = 1): Promise<Talk> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  let text = ''
  let isClosed = false
  socket.setEncoding('utf8')
  socket.on('data', piece => {
    text += piece
  })
  socket.on('end', () => socket.end())
  socket.on('close', () => {
    isClosed = true
  })
  socket.on('error', () => {})
  for (const piece of pieces) {
    socket.write(piece)
    // TCP keeps no borders: only time lets the node read one piece before the next has come.
    if (pieces.length > 1) await sleep(2)
  }
  await until(() => isClosed || splitAnswers(text).length >= answerCount, `${answerCount} answers`)
  const answers = splitAnswers(text)
  return {
    answers,
    isClosed: () => isClosed,
    send: piece => socket.write(piece),
    endSending: () => socket.end(),
    more: async count => {
      await until(() => isClosed || splitAnswers(text).length >= count, `${count} answers`)
      return splitAnswers(text)
    },
    raw: () => text,
    hangUp: () => socket.destroy(),
  }
}

export interface Talk {
  readonly answers: readonly Answer[]
  isClosed(): boolean
  send(piece: string): void
  /** Closes the client's direction, and goes on reading. */
  endSending(): void
  /** All answers, once there are so many. */
  more(count: number): Promise<readonly Answer[]>
  /** All bytes that arrived, unchanged. */
  raw(): string
  hangUp(): void
}

interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** The whole answers in a text, by their Content-Length. */
function splitAnswers(text: string): Answer[] {
  const answers: Answer[] = []
  let rest = text
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd < 0) return answers
    const head = rest.slice(0, headEnd)
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    if (rest.length < headEnd + 4 + length) return answers
    answers.push({
      status: Number(head.slice(9, 12)),
      head,
      body: rest.slice(headEnd + 4, headEnd + 4 + length),
    })
    rest = rest.slice(headEnd + 4 + length)
  }
}
