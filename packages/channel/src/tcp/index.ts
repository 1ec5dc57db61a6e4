export { connectChannel } from './client.ts'
export type { ChannelClientOptions, ChannelServerOptions } from './options.ts'
export { listenChannel } from './server.ts'
export { timers } from './surroundings.ts'
