import { assert, Prng } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { Journal } from '../journal.ts'
import { type SimulatedConnection, SimulatedStream } from '../simulated/simulated-stream.ts'
import { options, Time } from '../testing.ts'
import { Standby } from './standby.ts'
import type { StreamLog } from './stream-log.ts'

/** A shard: its stream, and processes that read and write it. */
export class TestShard {
  readonly prng: Prng
  readonly time = new Time()
  readonly stream: SimulatedStream
  readonly members: Member[] = []
  /** Every payment that was confirmed, by its number, whoever wrote it. */
  readonly confirmed: number[] = []
  #numberCount = 0

  constructor(seed: number) {
    this.prng = new Prng(seed)
    this.stream = new SimulatedStream(new Prng(seed + 1), (delayMs, run) => this.time.after(delayMs, run))
  }

  get nextNumber(): number {
    this.#numberCount += 1
    return this.#numberCount
  }

  join(): Member {
    const member = new Member(this, this.members.length + 1)
    this.members.push(member)
    return member
  }
}

/** One process: a standby at first, then maybe the leader. */
export class Member {
  readonly ledger = new Ledger({ processorCount: 2, paymentCountMax: 100_000, hashSeed: 5 })
  readonly lines: string[] = []
  readonly connection: SimulatedConnection
  readonly standby: Standby
  readonly #shard: TestShard
  journal: Journal | undefined
  log: StreamLog | undefined
  halted: string | undefined
  isStopped = false
  isOvertaken = false
  #isClaiming = false

  constructor(shard: TestShard, number: number) {
    this.#shard = shard
    this.connection = shard.stream.connect()
    this.standby = new Standby(
      this.connection,
      {
        processors: options.processors,
        journalId: new Uint8Array(16).fill(number),
        claimId: new Uint8Array(16).fill(100 + number),
        retryMs: 20,
      },
      this.ledger,
      {
        timers: this.#timers,
        onHalt: words => {
          this.halted = words
        },
        onOvertaken: () => {
          this.isOvertaken = true
          this.kill()
        },
      },
    )
  }

  /** Tries to become the leader, unless it does so already. */
  lead(): void {
    if (this.#isClaiming) return
    this.#isClaiming = true
    this.standby.lead(log => {
      this.#isClaiming = false
      if (log === undefined) return
      this.log = log
      this.journal = new Journal(
        log,
        this.standby.found,
        {
          segmentBytesMax: 3000,
          retryMs: 20,
          onProblem: line => this.lines.push(line),
          onLost: () => this.kill(),
        },
        this.#timers,
      )
    })
  }

  append(): void {
    if (this.journal === undefined || this.isStopped) return
    const number = this.#shard.nextNumber
    const fact = { kind: 'accepted', acceptedAtMs: number, records: recordOf(number) } as const
    this.ledger.apply(fact)
    this.journal.append(fact)
    this.journal.whenSynced(() => {
      assert(!this.isStopped, 'nothing is confirmed to a process that has ended')
      this.#shard.confirmed.push(number)
    })
  }

  snapshotIfDue(): void {
    if (this.journal?.snapshotDue && !this.isStopped) this.journal.snapshot(this.ledger.image())
  }

  kill(): void {
    this.isStopped = true
    this.connection.isDead = true
    this.standby.stop()
  }

  get numbers(): readonly number[] {
    return Array.from({ length: this.ledger.count }, (_, row) => this.ledger.amountCents(row))
  }

  get #timers(): Pick<Time, 'after' | 'soon'> {
    const alive = (run: () => void) => () => {
      if (!this.isStopped) run()
    }
    const { time } = this.#shard
    return {
      after: (delayMs, run) => time.after(delayMs, alive(run)),
      soon: run => time.soon(alive(run)),
    }
  }
}

function recordOf(number: number): Uint8Array {
  const records = new Uint8Array(paymentRecordBytes)
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, number)
  writePaymentRecord(records, 0, id, number)
  return records
}
