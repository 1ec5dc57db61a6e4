import type { Metrics, Sample } from './metrics.ts'

interface Counted {
  readonly labels: Sample['labels']
  readonly traffic: {
    readonly sentCount: number
    readonly sentBytes: number
    readonly receivedCount: number
    readonly receivedBytes: number
  }
}

/** Frames and bytes of the channel, under the same names at both of its ends. */
export function addTraffic(metrics: Metrics, read: () => readonly Counted[]): void {
  const both = (sent: (counted: Counted) => number, received: (counted: Counted) => number) => () =>
    read().flatMap(counted => [
      { labels: { ...counted.labels, direction: 'sent' }, value: sent(counted) },
      { labels: { ...counted.labels, direction: 'received' }, value: received(counted) },
    ])
  metrics.add(
    'counter',
    'channel_frames_total',
    'Frames between API nodes and the coordinator.',
    both(
      ({ traffic }) => traffic.sentCount,
      ({ traffic }) => traffic.receivedCount,
    ),
  )
  metrics.add(
    'counter',
    'channel_bytes_total',
    'Bytes between API nodes and the coordinator.',
    both(
      ({ traffic }) => traffic.sentBytes,
      ({ traffic }) => traffic.receivedBytes,
    ),
  )
}
