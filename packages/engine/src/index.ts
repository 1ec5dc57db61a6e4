export type { Attention } from './attention.ts'
export { Engine } from './engine.ts'
export type { EngineEffect, EngineEvent, QueueStatus, Step, WorkToken } from './events.ts'
export type { EngineOptions } from './options.ts'
