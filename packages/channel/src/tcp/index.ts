export { connectChannel } from './client.ts'
export { listenChannel } from './server.ts'
export { Traffic } from './socket-stream.ts'
export { timers } from './surroundings.ts'
