import { coordinator } from './edits.ts'
import type { Mutant } from './mutant.ts'

/** Bugs between the engine's decisions and the coordinator's actions: driver, turns, gate, handlers, drain. */
export const coordinatorMutants: readonly Mutant[] = [
  {
    name: 'an attempt is made before its intent is in the journal',
    edits: [
      coordinator(
        'if (this.#gate === undefined) this.#starts.push(effects)',
        'if (effects.length > 0) this.#starts.push(effects)',
        'outbox.ts',
      ),
    ],
    expect: ['once', 'conservation', 'window'],
    runs: 'crashes',
  },
  {
    name: 'a queue that nothing leaves is never too long',
    edits: [
      coordinator(
        'this.#predictedWaitMs = nowMs - this.#progressAtMs + drainMs',
        'this.#predictedWaitMs = drainMs',
        'admission.ts',
      ),
    ],
    expect: ['bounds'],
  },
  {
    name: 'a queue that was too long stays so when it is empty',
    edits: [
      coordinator('queuedCount === 0 || progressCount', 'progressCount', 'admission.ts'),
      coordinator('    this.#predictedWaitMs = 0\n  }\n\n  #measure', '  }\n\n  #measure', 'admission.ts'),
    ],
    expect: ['bounds'],
  },
  {
    name: 'an attempt that waited for the disk is made all the same',
    edits: [
      coordinator('nowMs - effect.askedAtMs > intentMsMax', 'nowMs - effect.askedAtMs < 0', 'not-begun.ts'),
    ],
    expect: ['window'],
  },
  {
    name: 'how long an attempt waited for the disk is told by the wall clock',
    edits: [
      coordinator(
        'isTooLate(effect, this.#ports.time().nowMs)',
        'isTooLate(effect, this.#ports.time().wallMs)',
      ),
    ],
    expect: ['progress'],
  },
  {
    name: 'the engine is told the wall clock for its intervals',
    edits: [
      coordinator(
        'this.#engine.step(event, time)',
        'this.#engine.step(event, { ...time, nowMs: time.wallMs })',
      ),
      coordinator(
        'this.#wake.ask(this.#engine.wakeAtMs, time.nowMs)',
        'this.#wake.ask(this.#engine.wakeAtMs, time.wallMs)',
      ),
    ],
    expect: ['poll', 'progress', 'assert', 'bounds', 'window'],
  },
  {
    name: 'an attempt that waited for the disk is dropped, and the engine is not told',
    edits: [coordinator('this.#tell(tooLate(effect))', 'void tooLate')],
    expect: ['progress'],
  },
  {
    name: 'an attempt that a stall of the event loop delayed is made all the same where there is no journal',
    edits: [
      coordinator(
        'isTooLate(effect, this.#ports.time().nowMs)',
        'this.#ports.log !== undefined && isTooLate(effect, this.#ports.time().nowMs)',
      ),
    ],
    expect: ['window'],
  },
  {
    name: 'facts go to the journal after the effects that stand on them',
    edits: [
      coordinator('if (log !== undefined) for (const fact of facts) log.append(fact)\n', ''),
      coordinator(
        'this.#wake.ask(this.#engine.wakeAtMs, time.nowMs)',
        'if (log !== undefined) for (const fact of facts) log.append(fact)\n    this.#wake.ask(this.#engine.wakeAtMs, time.nowMs)',
      ),
    ],
    expect: ['once', 'conservation', 'window'],
    runs: 'crashes',
  },
  {
    name: 'calls begin in the turn that asks for them, before its acknowledgement',
    edits: [
      coordinator(
        'for (const effect of effects) this.#waiting.push(effect)',
        'for (const effect of effects) this.#begin(effect)',
        'start-queue.ts',
      ),
    ],
    expect: ['protocol', 'bounds'],
  },
  {
    name: 'a whole backlog is begun in one turn',
    edits: [
      coordinator('this.#waiting.splice(0, startsPerTurn)', 'this.#waiting.splice(0)', 'start-queue.ts'),
    ],
    expect: ['bounds'],
  },
  {
    name: 'what is left after a turn waits until something else is asked for',
    edits: [coordinator('this.#beginSome()\n      this.#schedule()', 'this.#beginSome()', 'start-queue.ts')],
    expect: ['progress', 'window'],
  },
  {
    name: 'a timer that has fired is never set again',
    edits: [
      coordinator(
        'this.#atMs = Number.POSITIVE_INFINITY\n      this.#wake()',
        'this.#wake()',
        'wake-timer.ts',
      ),
    ],
    expect: ['progress'],
  },
  {
    name: 'payments are taken while the journal cannot be written',
    edits: [
      coordinator(
        'this.#ports.log?.failure === undefined ? this.#engine.roomCount : 0',
        'this.#engine.roomCount',
      ),
    ],
    expect: ['bounds'],
  },
  {
    name: 'nodes are not told that the journal can be written again',
    edits: [coordinator('if (log !== undefined) this.#channel?.refreshWindows()', '')],
    expect: ['progress'],
    runs: 'crashes',
  },
  {
    name: 'a stop that does not wait for what is in flight',
    edits: [
      coordinator('this.#engine.openCount > 0 && leftMs > 0', 'this.status().queuedCount > 0 && leftMs > 0'),
    ],
    expect: ['progress'],
    runs: 'crashes',
  },
  {
    name: 'a stop whose drain is measured by the wall clock',
    edits: [coordinator('time().nowMs + drainMsMax)', 'time().wallMs + drainMsMax)')],
    expect: ['progress'],
    runs: 'crashes',
  },
  {
    name: 'a purge leaves what has not begun to begin after it',
    edits: [coordinator("this.#withdraw(() => true, 'a purge came first')", '')],
    expect: ['window'],
  },
  {
    name: 'what a purge has withdrawn is not answered',
    edits: [coordinator('this.#tell(withdrawn(work, reason))', 'void [withdrawn, work, reason]')],
    expect: ['bounds', 'progress'],
  },
  {
    name: 'a purge is answered before the journal has it',
    edits: [
      coordinator(
        'whenSafe(this.#ports.log, () => {\n        this.#ports.archive',
        'whenSafe(undefined, () => {\n        this.#ports.archive',
      ),
    ],
    expect: ['conservation'],
  },
  {
    name: 'nodes are never told that room is short',
    edits: [
      {
        file: 'packages/channel/src/ends/coordinator-end.ts',
        find: 'return this.handlers.lastingRoomCount() < heldCountMax',
        replace: 'return heldCountMax < 0',
      },
    ],
    expect: ['progress'],
  },
  {
    name: 'the room of a node whose connection was lost is given to others',
    edits: [
      {
        file: 'packages/channel/src/ends/coordinator-end.ts',
        find: 'if (isForGood) return this.refreshWindows()',
        replace: 'if (!isForGood || isForGood) return this.refreshWindows()',
      },
    ],
    expect: ['progress', 'protocol'],
  },
  {
    name: 'a node does not say that it knew another coordinator',
    edits: [
      {
        file: 'packages/channel/src/ends/node-end.ts',
        find: '[this.#sessionId, this.#coordinatorId]',
        replace: '[this.#sessionId, new Uint8Array(coordinatorIdBytes)]',
      },
    ],
    expect: ['once'],
    runs: 'crashes',
  },
  {
    name: 'new payments are looked up while attempts of the coordinator before may still be recorded',
    edits: [
      {
        file: 'packages/engine/src/newcomers.ts',
        find: 'nowMs < this.#believedFromMs || ',
        replace: '',
      },
    ],
    expect: ['once'],
    runs: 'crashes',
  },
  {
    name: 'a new payment is looked up at the first processor alone',
    edits: [
      {
        file: 'packages/engine/src/attempts.ts',
        find: 'if (askedProcessor + 1 < this.#lanes.length) return',
        replace: 'if (askedProcessor + 1 < 1) return',
      },
    ],
    expect: ['once'],
    runs: 'crashes',
  },
]
