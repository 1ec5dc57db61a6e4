import { expect, test } from 'vitest'
import { Feed } from './feed.ts'

/** A viewer that keeps what the feed sends, as a socket would. */
class Pipe {
  text = ''
  pendingCount = 0
  isDestroyed = false
  #onClose = () => {}
  readonly write = (text: string) => {
    this.text += text
  }
  readonly pendingBytes = () => this.pendingCount
  readonly destroy = () => {
    this.isDestroyed = true
    this.#onClose()
  }
  readonly onClose = (run: () => void) => {
    this.#onClose = run
  }
}

function feedOf(entries: { seq: number }[], startedMs = 1) {
  let asked = 0
  const since = (seq: number) => {
    asked += 1
    return entries.filter(entry => entry.seq > seq)
  }
  return { feed: new Feed([{ name: 'notice', since }], startedMs), asked: () => asked }
}

const seqsIn = (text: string) => [...text.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq))
const lastId = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1]

test('without a viewer, no state is read and no event is printed', () => {
  const { feed, asked } = feedOf([{ seq: 1 }])
  const unprintable = {
    toJSON() {
      throw new Error('printed')
    },
  }
  feed.tell({ status: unprintable })
  expect(asked()).toBe(0)
})

test('a viewer that comes back gets the events it missed, and after a restart all events', () => {
  const entries = [{ seq: 1 }, { seq: 2 }]
  const [first, again, restarted] = [new Pipe(), new Pipe(), new Pipe()]
  const { feed } = feedOf(entries)
  feed.open(first, {})
  expect(seqsIn(first.text)).toEqual([1, 2])
  first.destroy()
  entries.push({ seq: 3 })
  feed.open(again, {}, lastId(first.text))
  expect(seqsIn(again.text)).toEqual([3])
  entries.push({ seq: 4 })
  feed.tell({})
  expect(seqsIn(again.text)).toEqual([3, 4])
  feedOf(entries, 2).feed.open(restarted, {}, lastId(again.text))
  expect(seqsIn(restarted.text)).toEqual([1, 2, 3, 4])
  feedOf(entries).feed.open(new Pipe(), {}, '1.x.y')
})

test('of many missed events a viewer gets the last hundred', () => {
  const pipe = new Pipe()
  feedOf(Array.from({ length: 1000 }, (_, index) => ({ seq: index + 1 }))).feed.open(pipe, {})
  expect(seqsIn(pipe.text)).toEqual(Array.from({ length: 100 }, (_, index) => 901 + index))
})

test('a viewer that is far behind is disconnected, and the others still get events', () => {
  const { feed } = feedOf([])
  const [slow, quick] = [new Pipe(), new Pipe()]
  feed.open(slow, {})
  feed.open(quick, { who: 'olga' })
  slow.pendingCount = 200_000
  feed.tell({ status: { queuedCount: 7 } })
  expect([slow.isDestroyed, slow.text, quick.isDestroyed]).toEqual([
    true,
    'event: session\ndata: {}\n\n',
    false,
  ])
  expect(quick.text).toBe(
    'event: session\ndata: {"who":"olga"}\n\nevent: status\ndata: {"queuedCount":7}\n\n',
  )
  expect(feed.viewerCount).toBe(1)
})
