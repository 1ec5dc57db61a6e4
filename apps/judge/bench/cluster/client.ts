import { HttpClient } from '../../src/http-client.ts'

export const host = '127.0.0.1'

/** Longer than ACK_WAIT_MS_MAX. */
const requestMsMax = 12_000
/** Payments that wait for the log must not hold up the others: so many come to one node within {@link requestMsMax} at 1200/s. */
const connectionCountMax = 8000

/** A client of one process of the cluster. */
export const client = (port: number | undefined, timeoutMs = requestMsMax) =>
  new HttpClient(`http://${host}:${port}`, {
    timeoutMs,
    headers: { 'x-rinha-token': '123' },
    connectionCountMax,
  })
