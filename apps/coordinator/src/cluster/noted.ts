import type { Coordinator } from '@rinha/coordinator'
import { type NoteTopic, noteBytesMax } from '@rinha/payment'
import type { Logger } from '@rinha/service'
import type { AuditFile } from '../admin/audit-file.ts'
import type { AuditEntry } from '../admin/audit-log.ts'
import { type FeesFile, parseFees } from '../fees-file.ts'

type Notes = ReadonlyMap<NoteTopic, string>
type Keep = Pick<Coordinator, 'note'>

/** Of what a person changes, this has to be in force at the next leader. */
const inForce = ['sending', 'settings'] as const

/**
 * The audit log of a coordinator with a replicated log. The latest entries about pauses and settings are notes in that log, where the
 * next leader finds them. Every entry is a line of the process's own log, too.
 */
export function notedAudit(notes: Notes, keeper: () => Keep, log: Logger): AuditFile {
  const found = inForce.flatMap(topic => {
    const text = notes.get(topic)
    return text === undefined ? [] : [JSON.parse(text) as AuditEntry]
  })
  return {
    found: found.toSorted((a, b) => a.seq - b.seq),
    append: async entry => {
      const topic = inForce.find(each => each === entry.what)
      if (topic !== undefined) await note(keeper(), topic, JSON.stringify(entry))
      log.info({ entry }, 'a person has changed something')
    },
  }
}

export function notedFees(notes: Notes, keeper: () => Keep): FeesFile {
  const text = notes.get('fees')
  const found = text === undefined ? [] : parseFees(text)
  if (found === undefined) throw new Error('the fees in the replicated log are no list of fees')
  let kept = found
  return {
    found,
    write: async periods => {
      if (periods === kept) return
      await note(keeper(), 'fees', JSON.stringify(periods))
      kept = periods
    },
  }
}

function note(keeper: Keep, topic: NoteTopic, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (Buffer.byteLength(text) > noteBytesMax) return reject(new Error(`${topic}: more than a note holds`))
    keeper.note({ topic, text }, answer => {
      if (answer.ok) resolve()
      else reject(new Error(answer.error.detail))
    })
  })
}
