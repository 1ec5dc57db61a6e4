import { expect, test } from 'vitest'
import { Columns } from './columns.ts'
import { segmentRowCount } from './limits.ts'

/** Bytes with the id of row n at n × 16. */
function idsOf(count: number): Uint8Array {
  const ids = new Uint8Array(count * 16)
  const view = new DataView(ids.buffer)
  for (let row = 0; row < count; row += 1) view.setUint32(row * 16 + 12, row + 1)
  return ids
}

function filled(count: number): Columns {
  const columns = new Columns()
  const ids = idsOf(count)
  for (let row = 0; row < count; row += 1) {
    expect(columns.append(ids, row * 16)).toBe(row)
    columns.segment(row).amountCents[columns.slot(row)] = row + 1
  }
  return columns
}

test('a new row has its id, and nothing else', () => {
  const columns = new Columns()
  columns.append(Uint8Array.from([9, 9, ...idsOf(1)]), 2)
  expect(columns.count).toBe(1)
  const segment = columns.segment(0)
  const fields = [segment.amountCents, segment.acceptedAtMs, segment.states, segment.processors]
  for (const field of [...fields, segment.requestedAtMs, segment.reasons]) expect(field[0]).toBe(0)
  expect(columns.idEquals(0, idsOf(1), 0)).toBe(true)
})

test('an id is compared in each of its bytes, at any offset', () => {
  const columns = filled(2)
  for (let byte = 0; byte < 16; byte += 1) {
    const bytes = Uint8Array.from([1, 2, 3, ...idsOf(2).subarray(16)])
    expect(columns.idEquals(1, bytes, 3)).toBe(true)
    bytes[3 + byte] = (bytes[3 + byte] ?? 0) ^ 128
    expect(columns.idEquals(1, bytes, 3)).toBe(false)
  }
})

test('a row keeps its place when segments are added after it', () => {
  const columns = filled(segmentRowCount)
  const first = columns.segment(0)
  expect(columns.segment(segmentRowCount - 1)).toBe(first)
  columns.append(idsOf(1), 0)
  expect(columns.segment(0)).toBe(first)
  expect(columns.segment(segmentRowCount)).not.toBe(first)
  expect([columns.slot(segmentRowCount), columns.idOffset(segmentRowCount + 1)]).toEqual([0, 16])
})

test('asking for a row that does not exist is a programmer error', () => {
  const columns = filled(3)
  for (const row of [-1, 3, segmentRowCount, Number.NaN])
    expect(() => columns.segment(row), String(row)).toThrow('the row exists')
})

test('a copy has the rows in use, in one piece for each segment, and does not change later', () => {
  const columns = filled(segmentRowCount + 2)
  const pieces = columns.copy()
  expect(pieces.map(({ count, ids, amountCents }) => [count, ids.length, amountCents.length])).toEqual([
    [segmentRowCount, segmentRowCount * 16, segmentRowCount],
    [2, 32, 2],
  ])
  expect(pieces[1]?.amountCents).toEqual(Uint32Array.of(segmentRowCount + 1, segmentRowCount + 2))
  expect(pieces[1]?.ids).toEqual(idsOf(segmentRowCount + 2).subarray(segmentRowCount * 16))
  columns.segment(0).amountCents[0] = 77
  columns.segment(0).ids[0] = 77
  expect([pieces[0]?.amountCents[0], pieces[0]?.ids[0]]).toEqual([1, 0])
})

test('after a clear, the columns begin again at row 0', () => {
  const columns = filled(5)
  columns.clear()
  expect([columns.count, columns.copy()]).toEqual([0, []])
  expect(() => columns.segment(0)).toThrow('the row exists')
  expect(columns.append(idsOf(1), 0)).toBe(0)
  expect(columns.segment(0).amountCents[0]).toBe(0)
})
