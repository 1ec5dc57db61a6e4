import type { HttpClient } from '../http-client.ts'

/** How the cluster came to rest after everything had healed. */
export interface Settling {
  /** The time from healing until no outcome was unknown any more. Undefined if one still was at the end. */
  readonly unknownsGoneMs: number | undefined
  /** The time from healing until no payment was queued, in flight or unknown any more, and none became so again. */
  readonly idleMs: number | undefined
}

/** The fields of the coordinator's `/queue-status`. */
export interface QueueCounts {
  readonly queuedCount: number
  readonly inFlightCount: number
  readonly unknownCount: number
  readonly settledCount: number
}

export const unknownMsMax = 5000
export const idleMsMax = 30_000
const lookEveryMs = 50
/**
 * The queue must stay empty for a while, because an API node that has just reconnected still delivers the payments that it
 * holds.
 */
const idleStaysMs = 1000

/** The sources that are read, and the clock for that. */
export interface SettleWorld {
  /** Undefined where the coordinator does not answer. */
  queue(): Promise<QueueCounts | undefined>
  /** Whether every API node is connected to the coordinator. */
  nodesAreReady(): Promise<boolean>
  /** Milliseconds since everything was healed. */
  nowMs(): number
  pause(durationMs: number): Promise<void>
  isOver(): boolean
}

/** Reads the queue until it has been empty for a while, but for at most `msMax`. */
export async function settle(world: SettleWorld, msMax = idleMsMax): Promise<Settling> {
  let knownSinceMs: number | undefined
  let idleSinceMs: number | undefined
  while (!world.isOver()) {
    const nowMs = world.nowMs()
    const [counts, areReady] = await Promise.all([world.queue(), world.nodesAreReady()])
    if (counts === undefined || counts.unknownCount > 0) knownSinceMs = undefined
    else knownSinceMs ??= nowMs
    const { queuedCount = 1, inFlightCount = 1 } = counts ?? {}
    if (knownSinceMs === undefined || queuedCount + inFlightCount > 0 || !areReady) idleSinceMs = undefined
    else idleSinceMs ??= nowMs
    if (idleSinceMs !== undefined && nowMs - idleSinceMs >= idleStaysMs) break
    if (nowMs > msMax + idleStaysMs) break
    await world.pause(lookEveryMs)
  }
  return { unknownsGoneMs: knownSinceMs, idleMs: idleSinceMs }
}

/** Undefined where the coordinator does not answer. */
export async function queueCounts(admin: HttpClient): Promise<QueueCounts | undefined> {
  const answer = await admin.send({ method: 'GET', path: '/queue-status' })
  if (answer.kind === 'none' || answer.status !== 200) return undefined
  const counts = JSON.parse(answer.body) as Partial<QueueCounts>
  const { queuedCount, inFlightCount, unknownCount, settledCount } = counts
  if (queuedCount === undefined || inFlightCount === undefined) return undefined
  if (unknownCount === undefined || settledCount === undefined) return undefined
  return { queuedCount, inFlightCount, unknownCount, settledCount }
}

/** Whether each of them is connected to the coordinator. */
export async function nodesAreReady(nodes: readonly HttpClient[]): Promise<boolean> {
  const answers = await Promise.all(nodes.map(node => node.send({ method: 'GET', path: '/ready' })))
  return answers.every(answer => answer.kind === 'answer' && answer.status === 200)
}
