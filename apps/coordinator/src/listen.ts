import type { ChannelHandlers, ChannelServer } from '@rinha/channel'
import { listenChannel } from '@rinha/channel/tcp'
import { type Logger, StartProblem } from '@rinha/service'
import type { CoordinatorSettings } from './settings.ts'
import { ownShard } from './shards/shard-settings.ts'

interface Listening {
  readonly onNodeChange: (nodes: readonly string[]) => void
  /** While it is a standby: the address of the coordinator that leads. */
  readonly leader?: () => string | undefined
}

/** Opens the channel's port. Without handlers it refuses nodes, and names the leader, until it is told to serve. */
export async function listen(
  settings: CoordinatorSettings,
  log: Logger,
  handlers: ChannelHandlers | undefined,
  listening: Listening,
): Promise<ChannelServer> {
  const options = {
    host: settings.CHANNEL_HOST,
    port: settings.CHANNEL_PORT,
    secret: settings.CHANNEL_SECRET,
    windowCountMax: settings.WINDOW_COUNT_MAX,
    nodeCountMax: settings.NODE_COUNT_MAX,
    shard: ownShard(settings),
    heartbeatMs: settings.HEARTBEAT_MS,
    onProblem: (line: string) => log.warn(line),
    ...listening,
  }
  try {
    return await listenChannel(options, handlers)
  } catch (error) {
    const { CHANNEL_HOST, CHANNEL_PORT } = settings
    throw new StartProblem(
      `cannot serve on CHANNEL_HOST=${CHANNEL_HOST} CHANNEL_PORT=${CHANNEL_PORT}: ${(error as Error).message}`,
    )
  }
}
