import { randomUUID } from 'node:crypto'
import type { Notes } from '../notes.ts'
import type { Parameters } from '../parameters.ts'
import type { Scenario } from '../scenario.ts'
import { type Reply, type Sent, sleep, type Target } from '../target.ts'

/** How many more requests are sent than the limits allow. */
const excessCount = 20
/** Connections opened at a time, so that the processor's queue of connections to accept never overflows. */
const burstCount = 100
/** A delay is long enough where everything was sent within this part of it. */
const hurryMax = 0.4
/** How often the delay is doubled on a machine that is too slow to send so much within it. */
const doublingsMax = 2

export const limiter: Scenario = {
  checks: {
    'limiter-runs-and-waits':
      'So many payments run at once, and so many more wait their turn and are then recorded.',
    'limiter-429': 'What comes past both is answered 429, at once.',
    'limiter-shared-with-lookup': 'GET /payments/{id} shares the limiter: 429 when it is full.',
    'limiter-holds-for-the-gone': 'A client that goes away holds its place until its payment is done.',
  },
  async run(target, notes, parameters) {
    await unhurried(target, parameters, delayMs => overfill(target, notes, parameters, delayMs))
    await unhurried(target, parameters, delayMs => fillAndLeave(target, notes, parameters, delayMs))
  },
}

/** The answers, and how much of the delay had passed when all requests were sent. */
interface Attempt {
  readonly hurry: number
  readonly note: () => void
}

async function unhurried(
  target: Target,
  { limiterDelayMs }: Parameters,
  run: (delayMs: number) => Promise<Attempt>,
): Promise<void> {
  for (let doublings = 0; ; doublings += 1) {
    const delayMs = limiterDelayMs * 2 ** doublings
    await target.setDelay(delayMs)
    const attempt = await run(delayMs)
    if (attempt.hurry > hurryMax && doublings < doublingsMax) continue
    return attempt.note()
  }
}

async function overfill(
  target: Target,
  notes: Notes,
  { runningCountMax, waitingCountMax }: Parameters,
  delayMs: number,
): Promise<Attempt> {
  const startMs = performance.now()
  const sent = await flood(target, runningCountMax + waitingCountMax + excessCount)
  // The excess is answered as it comes; give its last answer a moment.
  await sleep(delayMs / 20)
  const lookup = await target.lookup(randomUUID())
  const hurry = (performance.now() - startMs) / delayMs
  const replies = await Promise.all(sent.map(({ reply }) => reply))
  const recorded = replies.filter(({ status }) => status === 200)
  const refused = replies.filter(({ status }) => status === 429)
  const waited = recorded.filter(({ elapsedMs }) => elapsedMs > delayMs * 1.5)
  const note = () => {
    const count = runningCountMax + waitingCountMax
    notes.equal('limiter-runs-and-waits', 'answered 200', count, recorded.length)
    notes.equal('limiter-runs-and-waits', 'of them after two delays', waitingCountMax, waited.length)
    notes.equal('limiter-429', 'answered 429', excessCount, refused.length)
    notes.within('limiter-429', 'the slowest of them', 0, delayMs / 2, slowestMs(refused))
    notes.equal('limiter-shared-with-lookup', 'a look-up while it is full', 429, lookup.status)
  }
  return { hurry, note }
}

async function fillAndLeave(
  target: Target,
  notes: Notes,
  { runningCountMax }: Parameters,
  delayMs: number,
): Promise<Attempt> {
  const startMs = performance.now()
  const leaving = await flood(target, runningCountMax)
  // Time for the last of them to arrive.
  await sleep(delayMs / 10)
  for (const { abandon } of leaving) abandon()
  const leftMs = performance.now() - startMs
  const behind = await target.lookup(randomUUID())
  // Some are still under way; what follows starts from a processor with nothing to do.
  await sleep(startMs + leftMs + delayMs - performance.now())
  const note = () => {
    const check = 'limiter-holds-for-the-gone'
    notes.equal(check, 'a look-up behind them', 404, behind.status)
    const heldMs = (delayMs - leftMs) * 0.8
    notes.within(check, 'its answer', heldMs, Number.POSITIVE_INFINITY, behind.elapsedMs)
  }
  return { hurry: leftMs / delayMs, note }
}

async function flood(target: Target, count: number): Promise<Sent[]> {
  const sent: Sent[] = []
  for (let index = 0; index < count; index += 1) {
    const requestedAt = new Date().toISOString()
    sent.push(target.sendPayment({ correlationId: randomUUID(), amount: 1, requestedAt }))
    if (index % burstCount === burstCount - 1) await sleep(5)
  }
  return sent
}

function slowestMs(replies: readonly Reply[]): number {
  return replies.reduce((slowest, { elapsedMs }) => Math.max(slowest, elapsedMs), 0)
}
