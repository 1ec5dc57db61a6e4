import type { ChannelClient, Summary } from '@rinha/channel'
import { printInstant } from '@rinha/payment'
import { askAll } from './ask-all.ts'
import type { Handler } from './http-call.ts'
import { printSummary } from './print-answer.ts'
import { coordinatorAway, type Problem } from './problem.ts'
import { readSummaryWindow } from './summary-window.ts'

/**
 * `GET /payments-summary?from&to`: what each processor recorded, by the ledgers of all shards. There is no sum of some of
 * them: where one does not answer, nothing is answered but that. The header says up to when the sums are final.
 */
export function getSummary(channels: readonly ChannelClient[]): Handler {
  return (call, request) => {
    const window = readSummaryWindow(request.getQuery())
    if (!window.ok) return call.problem(window.error)
    askAll(channels, 'summary', window.value, answers => {
      const summaries: Summary[] = []
      for (const [index, answer] of answers.entries()) {
        if (answer.ok) summaries.push(answer.value)
        else {
          const { reason } = answer.error
          const shard = { index, count: channels.length }
          return call.problem(finerEnd(reason) ?? coordinatorAway(reason, shard))
        }
      }
      const { totals, completeUpToMs } = addUp(summaries)
      const headers =
        completeUpToMs === null ? [] : [['Complete-Up-To', printInstant(completeUpToMs)] as const]
      call.json(printSummary(totals), headers)
    })
  }
}

/** The sums of all shards. They are final up to where those of each shard are. */
function addUp(summaries: readonly Summary[]): Summary {
  const totals = new Map<string, { processor: string; count: number; amountCents: number }>()
  for (const summary of summaries) {
    for (const { processor, count, amountCents } of summary.totals) {
      const total = totals.get(processor) ?? { processor, count: 0, amountCents: 0 }
      total.count += count
      total.amountCents += amountCents
      totals.set(processor, total)
    }
  }
  const upToMs = Math.min(
    ...summaries.map(({ completeUpToMs }) => completeUpToMs ?? Number.NEGATIVE_INFINITY),
  )
  return { totals: [...totals.values()], completeUpToMs: Number.isFinite(upToMs) ? upToMs : null }
}

/** An end within a second of archived time. The coordinator's reason begins with the end that it is about. */
function finerEnd(detail: string): Problem | undefined {
  const field = /^(from|to) is /.exec(detail)?.[1]
  return field === undefined ? undefined : { kind: 'bad-request', field, detail }
}
