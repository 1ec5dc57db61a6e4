import process from 'node:process'
import { Prng } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { twoLanes } from '@rinha/testing/bench'
import { Engine, type EngineEvent, type WorkToken } from '../src/index.ts'

/**
 * `node --expose-gc --import tsx packages/engine/bench/soak.ts [PAYMENTS]`: ten million payments, at 2000 a second of virtual time, through an engine whose ledger
 * may hold a million (64 MB). Prints memory and CPU time a payment for each half million, and the last of them beside the first ones
 * with a full ledger.
 */
const paymentCount = Number(process.argv[2] ?? 10_000_000)
const [paymentCountMax, batchCount, batchMs, windowCount] = [1_000_000, 20, 10, 500_000]
const wallMs = 1_754_774_396_000
const retainMs = 24 * 3_600_000
const healthy = { kind: 'answered', failing: false, minResponseTimeMs: 0 } as const

class Soak {
  readonly #engine = new Engine({
    lanes: twoLanes,
    policy: createPolicy('patient'),
    pace: paceDefaults,
    ledger: new Ledger({ processorCount: 2, paymentCountMax, hashSeed: 7 }),
    startedAt: { nowMs: 0, wallMs },
    retainMs,
  })
  readonly #prng = new Prng(1)
  readonly #id = new Uint8Array(16)
  #nowMs = 0
  #tokens: WorkToken[] = []
  #acceptedCount = 0
  readonly #retireMs: number[] = []

  /** Accepts and settles so many. */
  play(count: number): void {
    for (let left = count; left > 0; left -= batchCount) {
      this.#nowMs += batchMs
      this.#tell({ kind: 'accept', records: this.#records(), count: batchCount })
      for (const token of this.#tokens.splice(0))
        this.#tell({ kind: 'attemptEnded', token, outcome: { kind: 'recorded' } })
      if (this.#engine.wakeAtMs <= this.#nowMs) this.#tell({ kind: 'tick' })
      if (this.#engine.retention.isRoomShort) this.#retire()
    }
  }

  /** How long steps took that let a slice leave: 99 of 100, and 999 of 1000, not more. */
  get retireWords(): string {
    const sorted = this.#retireMs.toSorted((a, b) => a - b)
    const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(2)
    return `steps that let a slice leave took ${at(0.5)} ms, ${at(0.99)} at p99, ${at(0.999)} at p99.9`
  }

  get words(): string {
    const { acceptedCount, settledCount, keptCount } = this.#engine.queueStatus(this.#nowMs)
    return `accepted ${acceptedCount}, settled ${settledCount}, in memory ${keptCount}`
  }

  #retire(): void {
    const time = { nowMs: this.#nowMs, wallMs: wallMs + this.#nowMs }
    for (
      let left = this.#engine.retention.next(time);
      left !== undefined;
      left = this.#engine.retention.next(time)
    )
      this.#tell({ kind: 'retire', retirement: left })
  }

  #tell(event: EngineEvent): void {
    const startedMs = performance.now()
    const { effects } = this.#engine.step(event, { nowMs: this.#nowMs, wallMs: wallMs + this.#nowMs })
    if (event.kind === 'retire') this.#retireMs.push(performance.now() - startedMs)
    for (const effect of effects) {
      if (effect.kind === 'send') this.#tokens.push(effect.token)
      if (effect.kind === 'pollHealth')
        this.#tell({ kind: 'healthPolled', processor: effect.processor, outcome: healthy })
    }
  }

  #records(): Uint8Array {
    const records = new Uint8Array(batchCount * paymentRecordBytes)
    const view = new DataView(this.#id.buffer)
    for (let at = 0; at < records.length; at += paymentRecordBytes) {
      view.setUint32(0, this.#prng.uint32())
      this.#acceptedCount += 1
      view.setUint32(12, this.#acceptedCount)
      writePaymentRecord(records, at, this.#id, 1990)
    }
    return records
  }
}

function usedMb(): number {
  globalThis.gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return (arrayBuffers + heapUsed) / 1e6
}

const soak = new Soak()
const microseconds: number[] = []
const megabytes: number[] = []
for (let done = 0; done < paymentCount; done += windowCount) {
  const before = process.cpuUsage()
  soak.play(windowCount)
  const { user, system } = process.cpuUsage(before)
  microseconds.push((user + system) / windowCount)
  megabytes.push(usedMb())
  console.log(
    `${done + windowCount} payments: ${microseconds.at(-1)?.toFixed(2)} µs each, ${megabytes.at(-1)?.toFixed(0)} MB, ${soak.words}`,
  )
}
/** The least of some windows, which the machine's other work has disturbed the least. */
const least = (values: readonly number[]) => Math.min(...values)
const [first, last] = [least(microseconds.slice(2, 6)), least(microseconds.slice(-4))]
console.log(
  `step time at the end ÷ at the beginning: ${(last / first).toFixed(2)} (${first.toFixed(2)} and ${last.toFixed(2)} µs a payment); memory at the end ÷ with a full ledger: ${((megabytes.at(-1) ?? 0) / (megabytes[3] ?? 1)).toFixed(2)}; ${soak.retireWords}`,
)
