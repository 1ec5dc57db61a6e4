import { connect, type Socket } from 'node:net'

/** A way to send a request drop by drop: the connection writes `first` once, and then `again` twice a second. */
export interface Drip {
  readonly first: string
  readonly again: string
}

const head = 'POST /payments HTTP/1.1\r\nHost: drip\r\nContent-Type: application/json\r\n'

export const drips: Readonly<Record<string, Drip>> = {
  'a head': { first: 'POST /payments HTTP/1.1\r\n', again: 'X-Drip: 1\r\n' },
  'a body': { first: `${head}Content-Length: 4000\r\n\r\n`, again: ' ' },
  'a body in chunks': { first: `${head}Transfer-Encoding: chunked\r\n\r\n`, again: '1\r\n \r\n' },
  'a body behind a long head': {
    first: `${head}X-Long: ${'x'.repeat(3900)}\r\nContent-Length: 4000\r\n\r\n${' '.repeat(3500)}`,
    again: ' ',
  },
  'a body that is too long': {
    first: `${head}Content-Length: 1000000\r\n\r\n${' '.repeat(9000)}`,
    again: ' ',
  },
}

/** Keeps `count` dripping connections open; a closed one is opened again. Returns a function that ends them. */
export function keepDripping(port: number, drip: Drip, count: number): () => void {
  const sockets = new Set<Socket>()
  let isOver = false
  const open = () => {
    if (isOver) return
    const socket = connect({ port, host: '127.0.0.1' })
    sockets.add(socket)
    socket.write(drip.first)
    const timer = setInterval(() => socket.write(drip.again), 500)
    socket.resume()
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      sockets.delete(socket)
      setTimeout(open, 20)
    })
  }
  for (let index = 0; index < count; index += 1) open()
  return () => {
    isOver = true
    for (const socket of sockets) socket.destroy()
  }
}
