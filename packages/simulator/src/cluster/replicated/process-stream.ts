import type { RecordStream } from '@rinha/journal'
import type { SimulatedConnection } from '@rinha/journal/simulated'
import type { Process } from '../process.ts'

/** The log as a process reaches it: what it is answered waits while it stands still, and is dropped once it has died. */
export function streamOf(connection: SimulatedConnection, process: Process): RecordStream {
  return {
    name: connection.name,
    logBytesMax: connection.logBytesMax,
    publish: (record, done) => connection.publish(record, process.whileAlive(done)),
    read: (sequence, done) => connection.read(sequence, process.whileAlive(done)),
    readEpoch: done => connection.readEpoch(process.whileAlive(done)),
    follow: (fromSequence, onRecord) => {
      let isStopped = false
      const stop = connection.follow(fromSequence, record =>
        process.run(() => {
          if (!isStopped) onRecord(record)
        }),
      )
      return () => {
        isStopped = true
        stop()
      }
    },
    purgeBefore: (sequence, done) => connection.purgeBefore(sequence, process.whileAlive(done)),
    storePiece: (id, bytes, lastSequence, done) =>
      connection.storePiece(id, bytes, lastSequence, process.whileAlive(done)),
    loadPieces: (id, done) =>
      connection.loadPieces(id, (answer, pieces) => process.run(() => done(answer, pieces))),
    dropSnapshotsBefore: (id, kept, done) =>
      connection.dropSnapshotsBefore(id, kept, process.whileAlive(done)),
  }
}
