import { createPolicy, Lane } from '@rinha/routing'
import { bench, twoLanes, type Work } from '@rinha/testing/bench'

const tickCount = 2000
const attemptMs = 2

/** Each tick examines both lanes, lets the policy choose, and begins and ends an attempt. */
const tick: Work = {
  name: 'lanes, policy, limiter',
  operationCount: tickCount,
  prepare: () => {
    const lanes = twoLanes.map((options, index) => new Lane(options, index))
    const policy = createPolicy('patient')
    return () => {
      let startedCount = 0
      for (let index = 0; index < tickCount; index += 1) {
        const nowMs = index * 5
        const [flow] = policy(
          lanes.map(lane => lane.view(nowMs)),
          {
            oldestAgeMs: 3,
            stopped: false,
            acceptedCount: index,
            noticeMs: 200,
            perSecondAtEnd: 2000,
            guardLeft: 1,
          },
        )
        const lane = lanes[flow?.lane ?? 0]
        const permit = lane?.tryStart(nowMs)
        if (permit === undefined) continue
        startedCount += 1
        lane?.ended(permit, { kind: 'recorded' }, nowMs + attemptMs)
      }
      if (startedCount < tickCount) throw new Error(`only ${startedCount} attempts began`)
      return startedCount
    }
  },
}

const sort: Work = {
  name: 'sorting 16 numbers',
  operationCount: tickCount,
  prepare: () => () => {
    const numbers = new Float64Array(16)
    let sum = 0
    for (let index = 0; index < tickCount; index += 1) {
      for (let at = 0; at < 16; at += 1) numbers[at] = Math.imul(index + at, 0x9e3779b1)
      sum += numbers.sort()[8] ?? 0
    }
    return sum
  },
}

await bench({
  question:
    'What does a tick cost: both lanes looked at, a choice of the policy, one attempt begun and ended?',
  notMeasured: 'the queue, the engine around it',
  rows: () => [{ name: 'a tick', subject: tick, primitive: sort }],
})
