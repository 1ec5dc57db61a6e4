import type { Archive, ArchivedPayment } from '@rinha/archive'
import type { Time, Timers } from '@rinha/base'
import type { Retention, Retirement } from '@rinha/engine'

type Source = Pick<Retention, 'next' | 'leaving' | 'purgeCount' | 'isRoomShort' | 'endedCount'>
/** The states in which payments were added, by their rows. */
type Added = Map<number, ArchivedPayment['state']>

/** Payments that are added to the archive together: some 0.5 MB of objects until they are there. */
const pieceCountMax = 1024

interface Ports {
  readonly timers: Pick<Timers, 'soon'>
  readonly time: () => Time
  /** Where payments go when they leave. Missing: they are forgotten. */
  readonly archive?: Pick<Archive, 'add' | 'generation'> | undefined
  readonly retire: (retirement: Retirement) => void
  /** Payments have left, and nothing more has to. */
  readonly done: () => void
  /** What keeps payments from leaving; undefined when it is over. */
  readonly onProblem: (problem: string | undefined) => void
}

/**
 * Lets payments leave memory, a slice in each turn of the event loop, so that accepting and sending go on. The engine's
 * {@link Retention} says what leaves and when.
 *
 * With an archive, a payment leaves only when the archive has it: after a crash in between it is in both, and the ledger's row
 * counts. While the archive fails, payments stay in memory, and each look tries again.
 */
export class Retirements {
  readonly #retention: Source
  readonly #ports: Ports
  #isUnderWay = false
  #isOver = false
  #problem: string | undefined
  /** When nothing was found that may leave. */
  #endedCount = 0

  constructor(retention: Source, ports: Ports) {
    this.#retention = retention
    this.#ports = ports
  }

  /** Where room is short, payments that have ended since the last look may leave. */
  onPayments(): void {
    const { isRoomShort, endedCount } = this.#retention
    if (isRoomShort && endedCount !== this.#endedCount) this.look()
  }

  /** Called now and then. */
  look(): void {
    if (!this.#isUnderWay && !this.#isOver) this.#next(() => {})
  }

  end(): void {
    this.#isOver = true
  }

  #next(done: () => void): void {
    const { archive, time } = this.#ports
    // After a purge the archive begins anew when the journal has the purge.
    const isReady = archive === undefined || archive.generation === this.#retention.purgeCount
    const retirement = this.#isOver || !isReady ? undefined : this.#retention.next(time())
    this.#isUnderWay = retirement !== undefined
    if (retirement === undefined) {
      this.#endedCount = this.#retention.endedCount
      return done()
    }
    this.#archive(retirement, new Map())
  }

  /**
   * Adds what leaves, a piece at a time, except what was added before. Meanwhile a payment may settle, and leave too: so it ends
   * with a pass that finds nothing. `rest` is a pass that has begun.
   */
  #archive(retirement: Retirement, added: Added, rest?: ReturnType<Source['leaving']>): void {
    const { archive } = this.#ports
    if (archive === undefined) return this.#retire(retirement)
    const retention = this.#retention
    const leaving = rest ?? retention.leaving(retirement)
    const piece = nextPiece(leaving, added)
    if (piece.length === 0)
      return rest === undefined ? this.#retire(retirement) : this.#archive(retirement, added)
    const { purgeCount } = retention
    archive.add(piece, problem => {
      this.#say(problem)
      this.#isUnderWay = !this.#isOver && problem === undefined && retention.purgeCount === purgeCount
      if (this.#isUnderWay) this.#archive(retirement, added, leaving)
    })
  }

  #retire(retirement: Retirement): void {
    this.#ports.retire(retirement)
    this.#ports.timers.soon(() => this.#next(this.#ports.done))
  }

  #say(problem: string | undefined): void {
    if (problem !== this.#problem) this.#ports.onProblem(problem)
    this.#problem = problem
  }
}

function nextPiece(leaving: ReturnType<Source['leaving']>, added: Added): readonly ArchivedPayment[] {
  const piece: ArchivedPayment[] = []
  while (piece.length < pieceCountMax) {
    const next = leaving.next()
    if (next.done) break
    const { row, payment } = next.value
    if (added.get(row) === payment.state) continue
    added.set(row, payment.state)
    piece.push(payment)
  }
  return piece
}
