import { call } from '../data/api.ts'
import type { Lane } from '../data/store.ts'
import type { Ask } from '../parts/confirm.tsx'

const acts = {
  pause: {
    verb: 'Pause',
    words: (name: string) => `Nothing is sent to ${name} from now on. Accepted payments wait; none is lost.`,
  },
  drain: {
    verb: 'Drain',
    words: (name: string) =>
      `Nothing new is sent to ${name}. Attempts under way end as usual. Payments that may have been recorded there are repeated until that is known.`,
  },
  resume: { verb: 'Resume', words: (name: string) => `Payments are sent to ${name} again.` },
} as const

interface SendingProps {
  /** One processor, or all. */
  readonly lanes: readonly Lane[]
  readonly ask: Ask
}

/** Buttons that pause, drain and resume. */
export function Sending({ lanes, ask }: SendingProps) {
  const [lane] = lanes
  const isAll = lanes.length > 1
  const name = isAll || lane === undefined ? 'any processor' : lane.name
  const suffix = isAll ? ' all' : ''
  const can = {
    pause: lanes.some(({ paused }) => !paused),
    drain: lanes.some(({ draining, paused }) => !draining && !paused),
    resume: lanes.some(({ draining, paused }) => draining || paused),
  }
  const order = (what: keyof typeof acts) =>
    ask({
      title: `${acts[what].verb} ${isAll ? 'all processors' : name}?`,
      words: acts[what].words(name),
      verb: acts[what].verb,
      run: () => call('POST', what, isAll ? {} : { processor: name }),
    })
  return (
    <div class="actions">
      {(['pause', 'drain', 'resume'] as const)
        .filter(what => can[what])
        .map(what => (
          <button type="button" key={what} onClick={() => order(what)}>
            {acts[what].verb}
            {suffix}
          </button>
        ))}
    </div>
  )
}
