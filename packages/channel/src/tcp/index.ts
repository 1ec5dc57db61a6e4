export { connectChannel } from './client.ts'
export { listenChannel } from './server.ts'
export { timers } from './surroundings.ts'
