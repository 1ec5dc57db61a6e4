import { assert, type Cancel, type Timers } from '@rinha/base'
import { type FoundLog, type RecordStream, Standby, type StreamLog } from '@rinha/journal'
import { Ledger, type LedgerOptions } from '@rinha/ledger'
import { onlyShard, processorCountMax, type Shard } from '@rinha/payment'
import { openElsewhere } from '../open-log.ts'
import { otherShard } from '../shard-mark.ts'
import { type Beat, printBeat, readBeat } from './beat.ts'
import { Succession, type SuccessionState } from './succession.ts'

/** What candidates tell one another, without any promise that it comes. */
interface LeaderLine {
  /** Whether anybody can be reached by it now. */
  readonly isConnected: boolean
  tell(words: string): void
  listen(onWords: (words: string) => void): Cancel
}

export interface CandidateOptions extends Omit<LedgerOptions, 'processorCount'> {
  /** Where API nodes reach this process. */
  readonly address: string
  readonly processors: readonly string[]
  /** Missing where there is one. */
  readonly shard?: Shard
  /** 16 bytes that nobody can foresee. Used when the journal begins. */
  readonly journalId: Uint8Array
  /** 16 bytes that no other process draws. */
  readonly claimId: Uint8Array
  /** A number in [0, 1), another one in each process. */
  readonly patience: number
}

export interface CandidatePorts {
  readonly stream: RecordStream
  readonly line: LeaderLine
  readonly timers: Timers
  /** Monotonic. */
  readonly nowMs: () => number
  /** This process leads from now on. */
  readonly onLead: (led: Led) => void
  /** The log cannot be read: this process can neither follow nor lead. */
  readonly onHalt: (words: string) => void
  /** This process leads and has not reached the log for so long that another one does: it has to let its nodes go. */
  readonly onCutOff: () => void
  /** A line for the operator. A line that is the same as the one before is not repeated. */
  readonly onProblem: (line: string) => void
}

/** What a new leader begins with. */
export interface Led {
  readonly log: StreamLog
  readonly found: FoundLog
  readonly ledger: Ledger
}

const beatMs = 200
const silentMsMax = 600
const patienceMsMax = 200
const lookMs = 50
/** How long a leader that reaches no server of the log keeps its nodes. The log's servers elect a leader while they are connected. */
const cutOffMsMax = 3000
/** How long a stream that does not answer is left alone. */
const retryMs = 200

/**
 * A coordinator of a replicated log: a standby, which keeps a warm ledger, until the leader is gone and it is the first to claim.
 * {@link Succession} decides when to claim, `Standby` reads and claims, and this class connects the two with time, the log and
 * the other candidates.
 *
 * Invariants:
 *   1. It leads once, and only when everything before its claim is in its ledger.
 *   2. What a leader tells changes nothing but the time of a claim: who leads is in the log.
 *   3. Nobody leads who could not end what is open, because a processor is not named in its settings.
 *   4. A standby that is so far behind that records are gone which it has not read begins anew, with the snapshot that has them.
 *   5. A leader that is cut off lets its nodes go. It cannot learn that another one leads, and they would wait for it.
 */
export class Candidate {
  readonly #options: CandidateOptions
  readonly #ports: CandidatePorts
  #ledger: Ledger
  #standby: Standby
  readonly #succession: Succession
  readonly #cancels: Cancel[] = []
  #lookedAtSequence = 0
  #log: StreamLog | undefined
  #lastProblem = ''
  /** As a leader: when a server of the log was there last. */
  #connectedAtMs = 0

  constructor(options: CandidateOptions, ports: CandidatePorts) {
    this.#options = options
    this.#ports = ports
    const { line, timers, nowMs } = ports
    const patienceMs = Math.floor(options.patience * patienceMsMax)
    this.#succession = new Succession({ silentMsMax, patienceMs }, nowMs())
    this.#ledger = this.#emptyLedger()
    this.#standby = this.#follow(this.#ledger)
    this.#cancels.push(line.listen(words => this.#onWords(words)))
    this.#cancels.push(timers.every(lookMs, () => this.#look()))
  }

  get state(): SuccessionState {
    return this.#succession.state
  }

  /** The leader that was heard of last. */
  get leader(): Beat | undefined {
    return this.#succession.leader
  }

  /** The number of the last record that it has applied. */
  get sequence(): number {
    return this.#log?.sequence ?? this.#standby.sequence
  }

  get paymentCount(): number {
    return this.#ledger.count
  }

  /** How many records of the leader it has not applied, as far as it has heard. */
  get lagCount(): number {
    return Math.max(0, (this.leader?.sequence ?? 0) - this.sequence)
  }

  /** What was written is in the log, and this process writes nothing more: another one may lead at once. */
  resign(): void {
    const log = this.#log
    if (log === undefined || log.lost() !== undefined) return
    this.stop()
    this.#tell(log, true)
  }

  stop(): void {
    for (const cancel of this.#cancels.splice(0)) cancel()
    this.#standby.stop()
  }

  #emptyLedger(): Ledger {
    const { paymentCountMax, hashSeed } = this.#options
    // The names in the journal are not known before it has been read.
    return new Ledger({ processorCount: processorCountMax, paymentCountMax, hashSeed })
  }

  #follow(ledger: Ledger): Standby {
    const { processors, journalId, claimId } = this.#options
    const { stream, timers, onHalt } = this.#ports
    const onOvertaken = () => this.#beginAnew()
    return new Standby(stream, { processors, journalId, claimId, retryMs }, ledger, {
      timers,
      onHalt,
      onOvertaken,
    })
  }

  /** Invariant 4. */
  #beginAnew(): void {
    if (this.#succession.state === 'claiming') this.#succession.claimed(false, this.#ports.nowMs())
    this.#ledger = this.#emptyLedger()
    this.#standby = this.#follow(this.#ledger)
  }

  #onWords(words: string): void {
    const beat = readBeat(words)
    if (beat === undefined || this.#log !== undefined) return
    this.#succession.heard(beat, this.#ports.nowMs())
    if (beat.isLast) this.#look()
  }

  #look(): void {
    const nowMs = this.#ports.nowMs()
    const { sequence } = this.#standby
    if (sequence !== this.#lookedAtSequence) this.#succession.read(nowMs)
    this.#lookedAtSequence = sequence
    if (!this.#succession.shouldAsk(nowMs)) return
    this.#ports.stream.readEpoch(answer => {
      // A claim that came after the question counts, although it may have been read by now.
      const isAhead = answer.kind === 'record' && answer.record.sequence > sequence
      const isSilent = answer.kind === 'silent' || !this.#mayLead()
      const found = isSilent ? 'silent' : isAhead ? 'claimed' : 'agrees'
      const lastClaim = answer.kind === 'record' ? answer.record.sequence : 0
      if (this.#succession.answered(found, this.#ports.nowMs())) this.#claim(lastClaim)
    })
  }

  /** A leader has to be able to end what is open. */
  get #problem(): string | undefined {
    const { processors, shard = onlyShard } = this.#options
    const other = otherShard(this.#ledger, shard)
    return other ?? openElsewhere(this.#ledger, this.#standby.found.processors, processors.length)
  }

  #mayLead(): boolean {
    const problem = this.#problem
    if (problem !== undefined && problem !== this.#lastProblem)
      this.#ports.onProblem(`This coordinator cannot lead: ${problem}.`)
    this.#lastProblem = problem ?? ''
    return problem === undefined
  }

  /** After the claim in this record. */
  #claim(afterSequence: number): void {
    this.#standby.lead(log => {
      this.#succession.claimed(log !== undefined, this.#ports.nowMs())
      if (log === undefined) return
      // Of the last facts before the claim.
      const problem = this.#problem
      if (problem === undefined) this.#lead(log)
      else this.#ports.onHalt(`This coordinator cannot lead: ${problem}.`)
    }, afterSequence)
  }

  #lead(log: StreamLog): void {
    assert(this.#log === undefined, 'it leads once')
    this.#log = log
    for (const cancel of this.#cancels.splice(0)) cancel()
    this.#tell(log, false)
    this.#connectedAtMs = this.#ports.nowMs()
    this.#cancels.push(this.#ports.timers.every(beatMs, () => this.#beat(log)))
    this.#ports.onLead({ log, found: this.#standby.found, ledger: this.#ledger })
  }

  #beat(log: StreamLog): void {
    const nowMs = this.#ports.nowMs()
    if (this.#ports.line.isConnected) this.#connectedAtMs = nowMs
    if (nowMs - this.#connectedAtMs < cutOffMsMax) return this.#tell(log, false)
    this.stop()
    this.#ports.onCutOff()
  }

  #tell(log: StreamLog, isLast: boolean): void {
    const { epoch, sequence } = log
    this.#ports.line.tell(printBeat({ epoch, address: this.#options.address, sequence, isLast }))
  }
}
