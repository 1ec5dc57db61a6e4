import { expect, test } from 'vitest'
import { EventParser } from './event-parser.ts'

test('events are read whole, wherever their text is cut', () => {
  const text = 'event: status\ndata: {"a":"b: c"}\n\nid: 1.2\nevent: notice\ndata: {}\n\nevent: cut'
  for (let at = 0; at <= text.length; at += 1) {
    const parser = new EventParser()
    const events = [...parser.push(text.slice(0, at)), ...parser.push(text.slice(at))]
    expect(events).toEqual([
      { name: 'status', data: '{"a":"b: c"}', id: undefined },
      { name: 'notice', data: '{}', id: '1.2' },
    ])
  }
})
