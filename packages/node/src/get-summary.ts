import type { ChannelClient } from '@rinha/channel'
import type { Handler } from './http-call.ts'
import { printSummary } from './print-answer.ts'
import { coordinatorAway, type Problem } from './problem.ts'
import { readSummaryWindow } from './summary-window.ts'

/** `GET /payments-summary?from&to`: what each processor recorded, by the coordinator's ledger. */
export function getSummary(channel: ChannelClient): Handler {
  return (call, request) => {
    const window = readSummaryWindow(request.getQuery())
    if (!window.ok) return call.problem(window.error)
    channel.request('summary', window.value, totals => {
      if (totals.ok) call.json(printSummary(totals.value))
      else call.problem(finerEnd(totals.error.reason) ?? coordinatorAway(totals.error.reason))
    })
  }
}

/** An end within a second of archived time. The coordinator's reason begins with the end that it is about. */
function finerEnd(detail: string): Problem | undefined {
  const field = /^(from|to) is /.exec(detail)?.[1]
  return field === undefined ? undefined : { kind: 'bad-request', field, detail }
}
