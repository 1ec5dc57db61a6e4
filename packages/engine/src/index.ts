export { Engine, type EngineOptions } from './engine.ts'
export type { EngineEffect, EngineEvent, QueueStatus, WorkToken } from './events.ts'
