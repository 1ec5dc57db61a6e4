import type { Lane } from '../data/store.ts'
import { againstWords } from './holding-words.ts'
import { count, plural } from './units.ts'

export interface LaneState {
  readonly word: string
  readonly tone: 'good' | 'warn' | 'bad'
  readonly why: string
}

/** Whether a processor is used, and why not. */
export function laneState(lane: Lane): LaneState {
  const { paused, draining, inFlightCount, unknownCount } = lane
  const { usable, circuit, wayStatus, lastFailure, reportedFailing, against } = lane
  if (paused) return { word: 'paused', tone: 'warn', why: 'a person has said that nothing is sent there' }
  if (draining) {
    const left = `${plural(inFlightCount, 'attempt')} under way, ${count(unknownCount)} unknown`
    return {
      word: 'draining',
      tone: 'warn',
      why: `a person has said that nothing new is sent there: ${left}`,
    }
  }
  if (usable && wayStatus !== null)
    return {
      word: 'usable',
      tone: 'bad',
      why: `but it answered the last payment ${wayStatus}: wrong address or token?`,
    }
  if (usable) return { word: 'usable', tone: 'good', why: '' }
  if (wayStatus !== null)
    return { word: 'down', tone: 'bad', why: `it answers ${wayStatus}: wrong address or token?` }
  if (circuit !== 'closed') {
    const why = lastFailure ?? (reportedFailing ? 'its health endpoint says so' : '')
    return { word: circuit === 'probing' ? 'probing' : 'down', tone: 'bad', why }
  }
  const isSlow = against === 'level' || against === 'tail'
  return { word: isSlow ? 'slow' : 'waits', tone: 'warn', why: `it${againstWords(against)}` }
}
