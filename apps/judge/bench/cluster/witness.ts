import { randomBytes } from 'node:crypto'
import { timers } from '@rinha/channel/tcp'
import { Standby } from '@rinha/journal'
import { JetStreamLog } from '@rinha/journal/jetstream'
import { Ledger } from '@rinha/ledger'

/**
 * Reads the log all the time, as a standby does, and never leads. A frame of a leader that leads no more, or one that does not
 * follow upon the one before, ends the reading with words.
 */
export class Witness {
  readonly problems: string[] = []
  readonly #stream: JetStreamLog
  #ledger: Ledger
  #standby: Standby

  private constructor(stream: JetStreamLog) {
    this.#stream = stream
    this.#ledger = newLedger()
    this.#standby = this.#follow(this.#ledger)
  }

  /** The streams have to be there. */
  static async open(servers: readonly string[], shard: string): Promise<Witness> {
    return new Witness(await JetStreamLog.open({ servers, shard, replicaCount: 3, logBytesMax: 2 ** 26 }))
  }

  get paymentCount(): number {
    return this.#ledger.count
  }

  get sequence(): number {
    return this.#standby.sequence
  }

  async close(): Promise<void> {
    this.#standby.stop()
    await this.#stream.close()
  }

  #follow(ledger: Ledger): Standby {
    const drawn = new Uint8Array(randomBytes(16))
    const options = {
      processors: ['default', 'fallback'],
      journalId: drawn,
      claimId: drawn,
      retryMs: 200,
    }
    return new Standby(this.#stream, options, ledger, {
      timers,
      onHalt: words => this.problems.push(words),
      onOvertaken: () => {
        this.#ledger = newLedger()
        this.#standby = this.#follow(this.#ledger)
      },
    })
  }
}

const newLedger = () => new Ledger({ processorCount: 64, paymentCountMax: 1_000_000, hashSeed: 1 })
