import type { ChannelTraffic } from '../port.ts'

/** Counts what goes over one connection, or all those of a node. */
export class Traffic implements ChannelTraffic {
  sentCount = 0
  sentBytes = 0
  receivedCount = 0
  receivedBytes = 0

  add({ sentCount, sentBytes, receivedCount, receivedBytes }: ChannelTraffic): void {
    this.sentCount += sentCount
    this.sentBytes += sentBytes
    this.receivedCount += receivedCount
    this.receivedBytes += receivedBytes
  }
}
