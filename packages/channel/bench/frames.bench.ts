import { decodeMessage, encodeMessage, FrameDecoder, frameBytesMax, frameHeaderBytes } from '@rinha/channel'
import { paymentRecordBytes } from '@rinha/payment'
import { bench, type Row, type Work } from '@rinha/testing/bench'

const paymentCount = 2000
const eachWayUs = 1.5

function recordsOf(count: number): Uint8Array {
  const records = new Uint8Array(count * paymentRecordBytes)
  const view = new DataView(records.buffer)
  for (let index = 0; index < count; index += 1) {
    view.setUint32(index * paymentRecordBytes, Math.imul(index + 1, 0x9e3779b1))
    view.setUint32(index * paymentRecordBytes + 20, 1990)
  }
  return records
}

function encode(perFrame: number): Work {
  const records = recordsOf(perFrame)
  return {
    name: 'encodeMessage',
    operationCount: paymentCount,
    prepare: () => () => {
      let bytes = 0
      for (let first = 1; first <= paymentCount; first += perFrame)
        bytes += encodeMessage({ type: 'payments', firstSequence: first, isAwaited: false, records }).length
      return bytes
    },
  }
}

/** Decodes chunks, as a socket delivers them, into records. */
function decode(perFrame: number): Work {
  const records = recordsOf(perFrame)
  const frame = new Uint8Array(
    encodeMessage({ type: 'payments', firstSequence: 2 ** 33, isAwaited: false, records }),
  )
  return {
    name: 'decodeMessage',
    operationCount: paymentCount,
    prepare: () => () => {
      const decoder = new FrameDecoder(frameBytesMax - frameHeaderBytes)
      let bytes = 0
      for (let first = 1; first <= paymentCount; first += perFrame) {
        decoder.push(frame)
        const payload = decoder.next()
        if (!(payload instanceof Uint8Array)) throw new Error('no payload')
        const decoded = decodeMessage(payload)
        if (!decoded.ok || decoded.value.type !== 'payments') throw new Error('no payments')
        bytes += decoded.value.records.length
      }
      return bytes
    },
  }
}

const payment = { correlationId: '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3', amount: 19.9 }
const text = JSON.stringify(payment)
const jsonEncode: Work = {
  name: 'JSON.stringify of a payment',
  operationCount: paymentCount,
  prepare: () => () => {
    let bytes = 0
    for (let index = 0; index < paymentCount; index += 1) {
      payment.amount = index
      bytes += JSON.stringify(payment).length
    }
    return bytes
  },
}
const jsonDecode: Work = {
  name: 'JSON.parse of a payment',
  operationCount: paymentCount,
  prepare: () => () => {
    let sum = 0
    for (let index = 0; index < paymentCount; index += 1) sum += JSON.parse(text).amount
    return sum
  },
}

const rowsOf = (perFrame: number): readonly Row[] => [
  {
    name: `encode, ${perFrame} a frame`,
    subject: encode(perFrame),
    primitive: jsonEncode,
    targetUs: eachWayUs,
  },
  {
    name: `decode, ${perFrame} a frame`,
    subject: decode(perFrame),
    primitive: jsonDecode,
    targetUs: eachWayUs,
  },
]

await bench({
  question: 'What does a payment cost on the channel, each way?',
  notMeasured: 'sockets, acknowledgements, the send buffer',
  rows: () => [1, 4, 16].flatMap(rowsOf),
})
