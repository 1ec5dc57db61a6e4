/**
 * What a 202 promises, weakest first. Each level names the place that has the payment, and so says which process's
 * death loses it:
 *
 * - `received`: this node, which has written it to its connection to the coordinator. Lost if this node dies without
 *   such a connection, or while the coordinator does not read from it. Otherwise the kernel delivers what was written,
 *   even after the node's death.
 * - `queued`: the coordinator, in memory. Survives the death of every API node. With a journal, the node keeps the
 *   payment until it is journaled, so it is lost only if both processes die within those milliseconds. Without a
 *   journal, the coordinator's death loses it.
 * - `journaled`: the coordinator's disk. Survives the death of every process, and a power cut.
 * - `replicated`: the disks of a quorum of machines. Survives the loss of a machine.
 */
export const ackLevels = ['received', 'queued', 'journaled', 'replicated'] as const
export type AckLevel = (typeof ackLevels)[number]

/** The levels of a coordinator that keeps what it has by itself. */
export const localAckLevels = ['received', 'queued', 'journaled'] as const
export type LocalAckLevel = (typeof localAckLevels)[number]

/** Whether the level that was reached is at least the one that was asked for. */
export function reaches(level: AckLevel, asked: AckLevel): boolean {
  return ackLevels.indexOf(level) >= ackLevels.indexOf(asked)
}
