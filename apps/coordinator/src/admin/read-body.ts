import type { IncomingMessage } from 'node:http'
import { err, ok, type Result } from '@rinha/base'
import type { ProblemAnswer } from '@rinha/openapi'

/** An order of one payment has some 120. */
const bytesMaxDefault = 4096

/**
 * The body of a request, or the answer to one that is not to be read. Nothing is a body, too: an empty object. Never
 * settles where the client goes away first.
 */
export async function readBody(
  request: IncomingMessage,
  bytesMax = bytesMaxDefault,
): Promise<Result<unknown, ProblemAnswer>> {
  const isEmpty =
    request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) === 0
  if (isEmpty) return ok({})
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/json')
    return err({ problem: 'not-json', detail: 'The body is to be application/json.' })
  if (request.headers['content-encoding'] !== undefined)
    return err({ problem: 'not-json', detail: 'The body is to have no Content-Encoding.' })
  const bytes = await readBytes(request, bytesMax)
  if (bytes === undefined)
    return err({ problem: 'body-too-large', detail: `The body has at most ${bytesMax} bytes here.` })
  try {
    return ok(bytes.length === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error
    return err({ problem: 'bad-request', detail: 'The body is no JSON in UTF-8.' })
  }
}

function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const pieces: Buffer[] = []
    let bytesCount = 0
    request.on('data', (piece: Buffer) => {
      bytesCount += piece.length
      if (bytesCount <= bytesMax) pieces.push(piece)
      // Node reads on to the end of the request, and keeps nothing of it.
      else resolve(undefined)
    })
    request.on('end', () => resolve(Buffer.concat(pieces)))
  })
}
