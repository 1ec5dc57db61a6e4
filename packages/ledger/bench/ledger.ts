/**
 * What does a million settled payments cost, in memory and in time?
 *
 * Prints bytes per payment (array buffers and heap, before and after, with a collection forced at both ends when node
 * runs with --expose-gc), inserts and settlements per second, the longest single insert (which is where an index that
 * rehashes at once would show), and the time of a range summary against a scan of the same columns in the same run.
 *
 * Not measured: the journal, the channel, and a machine whose caches other processes use at the same time.
 *
 *   NODE_OPTIONS=--expose-gc npx tsx packages/ledger/bench/ledger.ts [payments]
 */
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { Prng } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes, paymentState, writePaymentRecord } from '@rinha/payment'

const paymentCount = Number(process.argv[2] ?? 1_000_000)
const requestBytesMax = 64
const summaryCount = 20_000

function usedBytes(): number {
  // Twice: buffers are freed after the collection that finds their views unused.
  globalThis.gc?.()
  globalThis.gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

function perSecond(count: number, elapsedMs: number): string {
  return `${Math.round(count / (elapsedMs / 1000)).toLocaleString('en')} per second`
}

const prng = new Prng(1)
const id = new Uint8Array(16)
const view = new DataView(id.buffer)
const records = new Uint8Array(paymentRecordBytes)

const beforeBytes = usedBytes()
const ledger = new Ledger({ processorCount: 2, paymentCountMax: paymentCount, hashSeed: 42 })

let insertMsLongest = 0
const insertStartMs = performance.now()
for (let row = 0; row < paymentCount; row += 1) {
  for (let at = 0; at < 16; at += 4) view.setUint32(at, prng.uint32())
  const startMs = performance.now()
  writePaymentRecord(records, 0, id, 1990)
  if (ledger.find(records, 0) === -1) ledger.apply({ kind: 'accepted', acceptedAtMs: 1, records })
  insertMsLongest = Math.max(insertMsLongest, performance.now() - startMs)
}
const insertMs = performance.now() - insertStartMs

const epochMs = 1_754_774_396_000
const settleStartMs = performance.now()
for (let row = 0; row < paymentCount; row += 1) {
  // 300 a second; answers overtake each other by up to five seconds, as with the official schedules' delays.
  const requestedAtMs = epochMs + Math.floor(row * 3.3) - prng.integer(0, 5000)
  const processor = row & 1
  ledger.apply({ kind: 'sent', row, processor, requestedAtMs })
  ledger.apply({ kind: 'settled', row, processor, requestedAtMs })
}
const settleMs = performance.now() - settleStartMs
const bytes = (usedBytes() - beforeBytes) / paymentCount

const spanMs = paymentCount * 3.3
let counted = 0
const summaryStartMs = performance.now()
for (let index = 0; index < summaryCount; index += 1) {
  const fromMs = epochMs + prng.integer(0, Math.floor(spanMs))
  counted += ledger.summary(fromMs, fromMs + 13_500)[0]?.count ?? 0
}
const summaryUs = ((performance.now() - summaryStartMs) / summaryCount) * 1000

const [scanFromMs, scanToMs] = [epochMs + Math.floor(spanMs / 4), epochMs + Math.floor((spanMs * 3) / 4)]
const scanStartMs = performance.now()
let scanned = 0
for (let row = 0; row < ledger.count; row += 1) {
  const atMs = ledger.requestedAtMs(row)
  if (ledger.state(row) !== paymentState.settled || atMs < scanFromMs || atMs > scanToMs) continue
  if (ledger.processor(row) === 0) scanned += ledger.amountCents(row)
}
const scanUs = (performance.now() - scanStartMs) * 1000
if (ledger.summary(scanFromMs, scanToMs)[0]?.amountCents !== scanned)
  throw new Error('summary and scan differ')
if (counted === 0) throw new Error('no window held a payment')

console.log(`payments               ${paymentCount.toLocaleString('en')}`)
console.log(`memory                 ${bytes.toFixed(1)} bytes per settled payment (limit ${requestBytesMax})`)
console.log(`find and accept        ${perSecond(paymentCount, insertMs)}`)
console.log(`longest single insert  ${insertMsLongest.toFixed(2)} ms`)
console.log(`send and settle        ${perSecond(paymentCount, settleMs)}`)
console.log(`summary of 13.5 s      ${summaryUs.toFixed(2)} µs`)
console.log(`scan of all rows       ${scanUs.toFixed(0)} µs, ${Math.round(scanUs / summaryUs)} times as long`)
if (bytes > requestBytesMax) process.exitCode = 1
