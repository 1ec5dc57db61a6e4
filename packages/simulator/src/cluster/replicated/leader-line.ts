import type { Prng } from '@rinha/base'
import type { MemberPorts } from '@rinha/coordinator'
import type { SimulatedConnection } from '@rinha/journal/simulated'
import type { World } from '../../world.ts'
import type { Process } from '../process.ts'

interface Listener {
  readonly connection: SimulatedConnection
  readonly process: Process
  onWords: (words: string) => void
}

const lateMsMax = 3000

/** What candidates tell one another, by the servers of the log: it may come late, twice or never. */
export class LeaderLine {
  readonly #world: World
  readonly #prng: Prng
  readonly #listeners = new Set<Listener>()
  /** How often words are lost, late or doubled. */
  troubleChance = 0
  /** Nobody hears anybody. */
  isMute = false

  constructor(world: World, prng: Prng) {
    this.#world = world
    this.#prng = prng
  }

  /** The line as one process has it. */
  of(connection: SimulatedConnection, process: Process): MemberPorts['line'] {
    return {
      get isConnected() {
        return !connection.isCut
      },
      tell: words => {
        if (!connection.isCut) this.#tell(connection, words)
      },
      listen: onWords => {
        const listener = { connection, process, onWords }
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
    }
  }

  #tell(from: SimulatedConnection, words: string): void {
    for (const listener of this.#listeners) {
      if (listener.connection === from) continue
      const trouble = this.#prng.chance(this.troubleChance)
        ? this.#prng.pick(['lost', 'late', 'twice'])
        : 'none'
      if (this.isMute || trouble === 'lost') continue
      this.#deliver(listener, words, trouble === 'late' ? lateMsMax : 1)
      if (trouble === 'twice') this.#deliver(listener, words, lateMsMax)
    }
  }

  #deliver(listener: Listener, words: string, msMax: number): void {
    this.#world.after(this.#prng.unit() * msMax, () => {
      const { connection, process, onWords } = listener
      if (!connection.isCut && this.#listeners.has(listener)) process.run(() => onWords(words))
    })
  }
}
