import { silentIntervalsMax } from './limits.ts'

/**
 * Tells a peer that is gone from one that has nothing to say. A TCP connection whose other machine vanished looks open
 * for as long as nobody writes, and for many minutes after that (RFC 1122 4.2.3.5): a half-open connection.
 *
 * Each end speaks at least once an interval, whatever it says, and gives the other up after {@link silentIntervalsMax}
 * whole intervals without a byte. Time is the caller's: {@link tick} is called once an interval. It counts ticks and
 * does not compare clocks. So an event loop that stalled for a minute ticks once, reads what came in the meantime, and
 * does not take its own stall for the peer's silence.
 */
export class Liveness {
  #silentTicks = 0
  #spoke = false

  onReceived(): void {
    this.#silentTicks = 0
  }

  onSent(): void {
    this.#spoke = true
  }

  /** `lost`: give the connection up. `speak`: send a heartbeat. */
  tick(): 'lost' | 'speak' | 'quiet' {
    this.#silentTicks += 1
    // The first tick after a byte ends an interval that was not a whole one, so it does not count.
    if (this.#silentTicks > silentIntervalsMax) return 'lost'
    const spoke = this.#spoke
    this.#spoke = false
    return spoke ? 'quiet' : 'speak'
  }
}
