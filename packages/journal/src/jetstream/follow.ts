import type { ConsumerMessages, JetStreamClient, OrderedConsumerOptions } from '@nats-io/jetstream'
import type { StreamRecord } from '../stream/record-stream.ts'

/** So many bytes are on their way to a reader at most. */
const aheadBytesMax = 8 * 1024 * 1024
/** A server that tells nothing for twice as long has died, and another one is asked. */
const heartbeatMs = 500
/** The pause before a reader that could not begin tries again. */
const retryMs = 200

/** Every record from there on, until the returned function is called. The client goes on where a connection broke. */
export function follow(
  client: JetStreamClient,
  stream: string,
  from: Partial<OrderedConsumerOptions>,
  onRecord: (record: StreamRecord) => void,
): () => void {
  let isStopped = false
  let messages: ConsumerMessages | undefined
  let timer: NodeJS.Timeout | undefined
  const begin = async () => {
    const consumer = await client.consumers.get(stream, from)
    messages = await consumer.consume({
      max_bytes: aheadBytesMax,
      expires: 4 * heartbeatMs,
      idle_heartbeat: heartbeatMs,
      callback: ({ seq, data }) => {
        if (!isStopped) onRecord({ sequence: seq, bytes: data })
      },
    })
    if (isStopped) messages.stop()
  }
  const tryToBegin = () => {
    begin().catch(() => {
      if (!isStopped) timer = setTimeout(tryToBegin, retryMs)
    })
  }
  tryToBegin()
  return () => {
    isStopped = true
    clearTimeout(timer)
    messages?.stop()
  }
}
