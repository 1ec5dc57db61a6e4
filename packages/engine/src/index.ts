export { Engine } from './engine.ts'
export type { EngineEffect, EngineEvent, QueueStatus, WorkToken } from './events.ts'
export type { EngineOptions } from './options.ts'
