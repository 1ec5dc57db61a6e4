import { randomUUID } from 'node:crypto'
import type { Scenario } from '../scenario.ts'
import { sleep } from '../target.ts'

const payment = () => ({ correlationId: randomUUID(), amount: 19.9, requestedAt: '2025-08-09T21:19:56.123Z' })

export const delay: Scenario = {
  checks: {
    'delay-waits': 'A payment is answered after the delay.',
    'inserted-after-delay': 'A payment is recorded after the delay, not before.',
    'client-gone-still-inserted': 'A client that goes away does not stop the insert.',
  },
  async run(target, notes, { delayMs }) {
    await target.setDelay(delayMs)
    const stays = payment()
    const leaves = payment()
    const sent = [target.sendPayment(stays), target.sendPayment(leaves)] as const
    await sleep(delayMs / 2)
    sent[1].abandon()
    const early = await target.lookup(stays.correlationId)
    notes.equal('inserted-after-delay', 'look-up half way through the delay', 404, early.status)
    const reply = await sent[0].reply
    notes.equal('delay-waits', 'status', 200, reply.status)
    notes.within('delay-waits', 'the answer', delayMs * 0.95, delayMs * 2, reply.elapsedMs)
    const late = await target.lookup(stays.correlationId)
    notes.equal('inserted-after-delay', 'look-up after the answer', 200, late.status)
    await sleep(delayMs / 2)
    const gone = await target.lookup(leaves.correlationId)
    notes.equal('client-gone-still-inserted', 'look-up once the delay is over', 200, gone.status)
  },
}

export const failure: Scenario = {
  checks: {
    'failure-500': 'While payments fail, one is answered 500 without a body.',
    'failure-inserts-nothing': 'A payment answered 500 was not recorded.',
    'failure-after-delay': 'A failing payment is answered after the delay.',
    'failure-looked-at-after-delay': 'The failure switch counts as it stands after the delay.',
    'lookup-not-delayed': 'GET /payments/{id} is not delayed.',
    'lookup-not-failing': 'GET /payments/{id} does not fail while payments do.',
  },
  async run(target, notes, { delayMs }) {
    const before = payment()
    await target.pay(before)
    await target.setDelay(delayMs)
    await target.setFailure(true)
    const fails = payment()
    const recovers = payment()
    const failing = target.sendPayment(fails)
    const found = await target.lookup(before.correlationId)
    notes.equal('lookup-not-failing', 'status', 200, found.status)
    notes.within('lookup-not-delayed', 'the answer', 0, delayMs / 2, found.elapsedMs)
    const reply = await failing.reply
    notes.equal('failure-500', 'status', 500, reply.status)
    notes.equal('failure-500', 'body', '', reply.text)
    notes.within('failure-after-delay', 'the answer', delayMs * 0.95, Infinity, reply.elapsedMs)
    const nothing = 'failure-inserts-nothing'
    const lost = await target.lookup(fails.correlationId)
    notes.equal(nothing, 'look-up', 404, lost.status)

    const recovering = target.sendPayment(recovers)
    await sleep(delayMs / 3)
    await target.setFailure(false)
    const breaks = payment()
    const breaking = target.sendPayment(breaks)
    const switchedOff = await recovering.reply
    notes.equal('failure-looked-at-after-delay', 'switched off during the delay', 200, switchedOff.status)
    await target.setFailure(true)
    const broken = await breaking.reply
    notes.equal('failure-looked-at-after-delay', 'switched on during the delay', 500, broken.status)
    const unrecorded = await target.lookup(breaks.correlationId)
    notes.equal(nothing, 'look-up of the one it was switched on for', 404, unrecorded.status)
  },
}
