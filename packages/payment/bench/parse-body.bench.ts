import { Buffer } from 'node:buffer'
import { readPaymentJson } from '@rinha/payment'
import { bench, type Work } from '@rinha/testing/bench'

const count = 2000
const usual = Array.from({ length: count }, (_, index) => body(index, false))
const spaced = Array.from({ length: count }, (_, index) => body(index, true))

function body(index: number, isSpaced: boolean): Buffer {
  const correlationId = `4a7901b8-7d26-4d9d-aa19-${index.toString(16).padStart(12, '0')}`
  return Buffer.from(JSON.stringify({ correlationId, amount: (1990 + index) / 100 }, null, isSpaced ? 1 : 0))
}

const target = { correlationId: new Uint8Array(16), amountCents: 0 }

const read = (bodies: readonly Buffer[]): Work => ({
  name: 'readPaymentJson',
  operationCount: count,
  prepare: () => () => {
    for (const each of bodies) if (readPaymentJson(each, target) !== undefined) throw new Error('a good body')
  },
})

const parse = (bodies: readonly Buffer[]): Work => ({
  name: 'JSON.parse of the body',
  operationCount: count,
  prepare: () => () => {
    let sum = 0
    for (const each of bodies) sum += JSON.parse(each.toString('utf8')).amount
    return sum
  },
})

await bench({
  question: 'What does it cost to read the body of a POST /payments?',
  notMeasured: 'the HTTP head, bodies that come in pieces',
  rows: () => [
    { name: 'as JSON.stringify prints it', subject: read(usual), primitive: parse(usual) },
    { name: 'with spaces', subject: read(spaced), primitive: parse(spaced) },
  ],
})
