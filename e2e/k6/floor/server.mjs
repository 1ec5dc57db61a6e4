/**
 * The least that an API node can do: every payment is taken at once and forgotten, every summary is empty. What k6
 * measures against it is the cost of k6, the machine, HAProxy and an HTTP server, before any work.
 */
import { createRequire } from 'node:module'
import process from 'node:process'

/** @type {typeof import('../../../apps/api/node_modules/uWebSockets.js/index.d.ts')} */
const uws = createRequire(import.meta.url)('./uWebSockets.js/uws.js')

const port = 9999

uws
  .App()
  .post('/payments', response => {
    // The body has to be taken off the connection before the next request.
    response.onData((_piece, isLast) => {
      if (isLast) response.writeStatus('202 Accepted').end()
    })
    response.onAborted(() => {})
  })
  .get('/payments-summary', response => {
    response.writeHeader('Content-Type', 'application/json').end('{}')
  })
  .any('/*', response => {
    // HAProxy's check of a node, and the purge before a run.
    response.end()
  })
  .listen(port, socket => {
    if (socket) return
    process.stderr.write(`port ${port} cannot be listened on\n`)
    process.exit(1)
  })

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
