/**
 * What a 202 promises, weakest first. Each level is a place that has the payment, and so names whose death loses it:
 *
 * - `received`: this node, which has written it to its connection to the coordinator. Lost if this node dies while there is
 *   none, or while the coordinator does not read from it: what was written reaches who reads, whatever becomes of the writer.
 * - `queued`: the coordinator, in memory. Survives the death of every API node. Where the coordinator writes a journal, the
 *   node holds on to the payment until it is in there, so both have to die within those milliseconds to lose it; where it
 *   writes none, its death does.
 * - `journaled`: the coordinator's disk. Survives the death of every process, and a power cut.
 */
export const ackLevels = ['received', 'queued', 'journaled'] as const
export type AckLevel = (typeof ackLevels)[number]

/** Whether what was reached is what was asked for, or more. */
export function reaches(level: AckLevel, asked: AckLevel): boolean {
  return ackLevels.indexOf(level) >= ackLevels.indexOf(asked)
}
