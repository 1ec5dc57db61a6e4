import type { Notes } from '../notes.ts'
import type { Parameters } from '../parameters.ts'
import { type Reply, sleep, type Target } from '../target.ts'

export const healthReportChecks = {
  'health-report':
    'GET /payments/service-health answers {"failing", "minResponseTime"} as the switches stand.',
}

export const healthWindowChecks = {
  'health-excess-waits': 'A health call in excess of one per window waits for the next window.',
  'health-queue-of-two': 'Two health calls wait; the next is answered 429 with Retry-After, at once.',
  'health-windows-roll': 'Windows follow on each other from the first call, not from each call.',
  'health-fresh-window': 'After a long silence the next health call starts a window of its own.',
}

/** Sets both switches, so it runs alone. Answers when the call was answered, which is in an otherwise unused window. */
export async function reportHealth(target: Target, notes: Notes): Promise<number> {
  await target.setDelay(37)
  await target.setFailure(true)
  const reply = await target.sendHealth().reply
  const nowMs = performance.now()
  notes.equal('health-report', 'status', 200, reply.status)
  notes.equal('health-report', 'body', { failing: true, minResponseTime: 37 }, reply.json)
  await target.calm()
  return nowMs
}

/**
 * Watches the windows go by, beside whatever else is checked: health calls disturb nothing but each other. In units
 * of a window W, from the first call at 0: two calls at 0.4, of which the second gives up, so that only one window is
 * spent on them; silence until the processor has forgotten (two windows and the reset, whether it counts from the last
 * call or from the end of the last window that was spent); then two calls in the middle of what would be a window
 * if they still rolled on. 3.5 W + reset in all, 27.5 s by default, W more where a window was under way already.
 */
export async function watchWindows(
  target: Target,
  notes: Notes,
  parameters: Parameters,
  firstMs: number,
): Promise<void> {
  const { healthWindowMs: windowMs, healthHeartbeatMs, healthResetMs } = parameters
  let startMs = firstMs
  let crowd = await crowdWindow(target, windowMs, startMs)
  if (crowd.first.status === 200 && crowd.first.elapsedMs < 0.4 * windowMs) {
    // Somebody had called before: our first call fell into a window under way. This answer came at a window's start.
    startMs = crowd.answeredMs
    crowd = await crowdWindow(target, windowMs, startMs)
  }
  const { first, excess, secondAnswered, answeredMs } = crowd
  const lateMs = healthHeartbeatMs + 0.2 * windowMs
  notes.equal('health-excess-waits', 'status of the call in excess', 200, first.status)
  notes.within('health-excess-waits', 'its answer', 0.4 * windowMs, 2 * windowMs, first.elapsedMs)
  const queue = 'health-queue-of-two'
  notes.equal(queue, 'the second in excess is answered before the first', false, secondAnswered)
  notes.equal(queue, 'status of the fourth', 429, excess.status)
  notes.within(queue, 'its answer', 0, windowMs / 4, excess.elapsedMs)
  const retryAfter = excess.headers.get('retry-after') ?? 'none'
  notes.holds(queue, 'Retry-After', 'seconds', retryAfter, /^[1-9]\d*$/.test(retryAfter))
  const fromTo = 'from the first answer to the next'
  notes.within('health-windows-roll', fromTo, 0.9 * windowMs, windowMs + lateMs, answeredMs - startMs)

  await sleep(startMs + 2.5 * windowMs + healthResetMs - performance.now())
  const fresh = await target.sendHealth().reply
  const next = await target.sendHealth().reply
  notes.within('health-fresh-window', 'the first call', 0, 0.2 * windowMs, fresh.elapsedMs)
  notes.within('health-fresh-window', 'the next', 0.8 * windowMs, windowMs + lateMs, next.elapsedMs)
}

interface Crowd {
  /** The answer to the first call in excess, and when it came. */
  readonly first: Reply
  readonly answeredMs: number
  readonly secondAnswered: boolean
  /** The answer to the call after the two. */
  readonly excess: Reply
}

/** Three calls in a window that is spent, 0.4 windows after its start. */
async function crowdWindow(target: Target, windowMs: number, startMs: number): Promise<Crowd> {
  await sleep(startMs + 0.4 * windowMs - performance.now())
  const first = target.sendHealth()
  // The order of arrival matters, so each call has a connection of its own.
  await sleep(windowMs / 50)
  const second = target.sendHealth()
  let secondAnswered = false
  second.reply.then(
    () => {
      secondAnswered = true
    },
    () => {},
  )
  await sleep(windowMs / 50)
  const third = target.sendHealth()
  const excess = await third.reply
  await sleep(windowMs / 50)
  second.abandon()
  const reply = await first.reply
  return { first: reply, answeredMs: performance.now(), secondAnswered, excess }
}
