import { attempts, coordinator, inRoom } from './edits.ts'
import type { Mutant } from './mutant.ts'

const dispatcher = (find: string, replace: string) => inRoom('engine')('dispatcher.ts', find, replace)

/** Bugs in pausing, draining and resuming processors. */
export const handMutants: readonly Mutant[] = [
  {
    name: 'a processor that is paused gets canaries',
    edits: [
      dispatcher('of this.#open.entries()', 'of this.#lanes.entries()'),
      dispatcher('this.#views = this.#open.map', 'this.#views = this.#lanes.map'),
      dispatcher(
        'this.#flows = this.#choose(this.#views, nowMs)',
        "this.#flows = this.#choose(this.#views.filter((_, index) => this.#lanes[index]?.sending === 'on'), nowMs)",
      ),
    ],
    expect: ['hand'],
  },
  {
    name: 'the flows of a policy are those of all lanes while one is paused',
    edits: [
      dispatcher(
        'const lane = this.#open[flow.lane]\n    const isOpen',
        'const lane = this.#lanes[flow.lane]\n    const isOpen',
      ),
    ],
    expect: ['hand'],
  },
  {
    name: 'a lost answer is repeated at a processor that is paused',
    edits: [attempts("if (lane.sending === 'paused')", 'if (nowMs < 0)')],
    expect: ['hand'],
  },
  {
    name: 'what was asked for before a pause begins after it',
    edits: [coordinator("if (sending !== 'on')", 'if (changed.length < 0)')],
    expect: ['hand'],
  },
  {
    name: 'a processor that is resumed gets nothing',
    edits: [
      dispatcher(
        'this.#open = this.#lanes.filter(isOn)\n    if',
        'this.#open = this.#open.filter(isOn)\n    if',
      ),
    ],
    expect: ['progress'],
  },
  {
    name: 'a coordinator that starts sends to processors that were paused before',
    edits: [inRoom('engine')('engine.ts', "options.sending?.[lane.index] ?? 'on'", "'on'")],
    expect: ['hand'],
    runs: 'crashes',
  },
]
